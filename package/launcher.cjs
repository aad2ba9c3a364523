#!/usr/bin/env node
// Old syntax on purpose: an old Node.js has to be able to say why it is refused.
'use strict';
var version = process.versions.node.split('.');
var major = Number(version[0]);
var refusal = 'it must be 22.19 or newer. Install one, and put it first on PATH.';

if (major < 22 || (major === 22 && Number(version[1]) < 19)) {
  process.stderr.write('error: cannot start on Node.js ' + process.versions.node + ': ' + refusal + '\n');
  process.exitCode = 2;
} else {
  if (process.report) process.report.excludeEnv = true; // a diagnostic report has no business with keys
  // Beside the code, never in a shared temporary folder: whoever can write here can change the code anyway. And no umask lets more users
  // write into the cache, which is code too: 18 is 0022.
  var umask = process.umask(18);
  require('node:module').enableCompileCache(require('node:path').join(__dirname, '.compile-cache'));
  process.umask(umask);
  require('./main.mjs');
}
