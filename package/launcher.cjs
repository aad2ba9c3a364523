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
  var MAIN = './main.cjs';
  var fs = require('node:fs');
  var path = require('node:path');
  var Script = require('node:vm').Script;
  var digestOf = function (bytes) {
    return require('node:crypto').hash('sha256', bytes);
  };
  // Beside the code, never in a shared temporary folder: whoever can write here can change the code anyway. Of each build, which
  // its main chunk names, with the digests of all others: the engine compares no more than a length.
  var build = digestOf(fs.readFileSync(path.join(__dirname, MAIN)));
  var cache = path.join(__dirname, '.compile-cache', process.version + '-' + process.arch + '-' + build.slice(0, 12));
  var DIGEST = build.length;
  var LONG_SECONDS = 30;
  var chunks = {};
  var isKept = true;

  // Takes the place of `require` in a chunk, which requires nothing but other chunks.
  var load = function (name) {
    if (chunks[name]) return chunks[name].exports;
    var file = path.join(__dirname, name);
    var compiled;
    try {
      var kept = fs.readFileSync(path.join(cache, name));
      // The engine runs what a disk has altered, and dies of it. The digest stands before it.
      if (digestOf(kept.subarray(DIGEST)) === kept.toString('latin1', 0, DIGEST)) compiled = kept.subarray(DIGEST);
    } catch (_) {} // it is not kept yet, or cannot be
    var source = '(function(exports,require,module){\n' + fs.readFileSync(file, 'utf8') + '\n})';
    var script = new Script(source, { filename: file, lineOffset: -1, cachedData: compiled });
    isKept = isKept && script.cachedDataRejected === false;
    var chunk = (chunks[name] = { exports: {}, script: script });
    try {
      script.runInThisContext()(chunk.exports, load, chunk);
    } catch (error) {
      delete chunks[name]; // the next who asks gets no half of it
      throw error;
    }
    return chunk.exports;
  };

  // Keeps what the run compiled: where a chunk was not kept, of all of them, since their functions ran together. The engine lets go
  // what has not run for a while: a server would keep less than the next start needs, and nothing would ever add it.
  process.on('exit', function () {
    if (isKept || process.uptime() > LONG_SECONDS) return;
    process.umask(18); // 0022: no umask lets more users write into the cache, which is code too
    try {
      fs.mkdirSync(cache, { recursive: true });
      Object.keys(chunks).forEach(function (name) {
        var temporary = path.join(cache, name + '.' + process.pid);
        try {
          var compiled = chunks[name].script.createCachedData();
          fs.writeFileSync(temporary, Buffer.concat([Buffer.from(digestOf(compiled)), compiled]), { flag: 'wx' });
          fs.renameSync(temporary, path.join(cache, name));
        } catch (_) {
          fs.rmSync(temporary, { force: true });
        }
      });
    } catch (_) {} // nothing can be written here
  });

  load(MAIN);
}
