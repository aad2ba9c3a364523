import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { atTerminal } from '../../support/at-terminal.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, specDocument } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** The reader of a message sees all that is in it: no character that hides, turns others around, or looks like nothing. */
const folder = forEachTest(temporaryFolder);

/** One of each kind; as YAML writes them in double quotes, where none of them would end the line. */
const HIDDEN = String.raw`\u200b\u2800\u00ad\u3164\ufe0f\u202e\u001b[2K\n\U000e0061`;
const IN_EUROPE = { AWS_REGION: 'eu-west-1' };
const STARTED = 'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
const good = generatorItem();
const of = (spec: string, metadata = 'namespace: team-a') => list(generatorItem(spec, { metadata }));
const withConfig = (fields: string) => list(good, functionConfig(`  ${fields}\n`));

test.each([
  ['a role', of(`region: eu-west-1, role: "a${HIDDEN}"`)],
  ['a region', of(`region: "a${HIDDEN}", role: "arn:aws:iam::123456789012:role/a"`)],
  ['a namespace', of(GOOD_SPEC, `namespace: "a${HIDDEN}"`)],
  ['a field that no spec has', of(`${GOOD_SPEC}, "a${HIDDEN}": b`)],
  ['the name of a variable', withConfig(`vars: {"a${HIDDEN}": {value: a, type: dnsLabel}}`)],
  ['the value of a variable', withConfig(`vars: {a: {value: "a${HIDDEN}", type: dnsLabel}}`)],
  ['a variable that is not there', withConfig(`sessions: [{last: {sessionName: "\${a${HIDDEN}}"}}]`)],
  ['a label', withConfig(`sessions: [{secrets: [{labels: {"a${HIDDEN}": b}}]}]`)],
  ['the kind of a functionConfig', list(good, `functionConfig: {apiVersion: a/v1, kind: "a${HIDDEN}"}\n`)],
  ['a path', withConfig(`sessions: [{identity: {tokenFile: "/nonexistent/a${HIDDEN}"}}]`)],
])('in %s', async (_, input) => {
  const { exit, stdout, stderr } = await runInProcess(input);
  expect(exit).toBe(1);
  expect(stderr).toMatch(/\\u200b\\u2800\\u00ad\\u3164\\ufe0f\\u202e\\u001b\[2K(?:\\n|\\u000a)\\u\{e0061\}/);
  const results = stdout.slice(stdout.lastIndexOf('\nresults:') + 1);
  for (const text of [stderr, results])
    expect(text.replaceAll('\n', '')).not.toMatch(/(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u);
  expect(stderr).toMatch(/^(?:(?:error|warning): [^\n]*\. \[[A-Z_]+\]\n)+$/);
});

test('in the name of a file', async () => {
  const file = folder.write('a\u200b\u2800.yaml', 'kind: STSAssumeRoleToken\na: [\n');
  const { exit, stderr } = await runInProcess('', { arguments: ['render', file] });
  expect(exit).toBe(1);
  expect(stderr).toContain(String.raw`a\u200b\u2800.yaml`);
  expect(stderr).not.toMatch(/[\u200b\u2800]/);
});

test.each(['tree', 'table', 'markdown'])('in the name of a folder, which a plan as %s shows', async (format) => {
  const name = 'a\n```\n# b\u001b[2K\u202e';
  folder.write(`${name}/spec.yaml`, specDocument());
  const { exit, stdout } = await runInProcess('', { arguments: ['plan', '-o', format, folder.path] });
  expect(exit).toBe(0);
  expect(stdout).toContain(String.raw`\u000a# b\u001b[2K\u202e`);
  expect(stdout).not.toMatch(/^# b/m);
  expect(stdout.replaceAll('\n', '')).not.toMatch(/(?! )[\p{C}\p{Z}]/u);
});

/** Names that a runner takes for a command, or Markdown for something else than text. */
const NAMES = ['::notice::x', '##[error]y', '##vso[task.setvariable]z', '```', '# h', '<!--', '| a |', '@team', '- b'];

describe.each(['tree', 'table', 'markdown', 'json', 'yaml'])('a plan as %s', (format) => {
  const plan = () => runInProcess('', { arguments: ['plan', '-o', format, folder.path], environment: IN_EUROPE });

  test('begins no line with what somebody wrote, and has no command of a runner in one', async () => {
    for (const name of NAMES) {
      folder.write(`${name}/kustomization.yaml`, 'generators: [spec.yaml]\npatches: [{path: a.yaml}]\n');
      folder.write(`${name}/a.yaml`, 'apiVersion: v1\nkind: Secret\nmetadata: {name: deployer, namespace: team-a}\n');
      folder.write(`${name}/spec.yaml`, specDocument().replace('metadata: {', `metadata: {${STARTED}, `));
      folder.write(`${name}/bad/spec.yaml`, specDocument('bad').replace('spec: {', 'spec: {"##[a]": 1, '));
      folder.write(`${name}/bad/Kptfile`, 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\n');
    }
    const { exit, stdout, stderr } = await plan();
    expect(exit).toBe(1);
    for (const text of [stdout, stderr]) {
      expect(text).not.toMatch(/^\s*(?:::|#|<|@|- b)/m);
      expect(text).not.toMatch(/##\w*\[/);
    }
    if (format === 'markdown') expect(stdout.match(/^`+/gm)).toEqual(['````', '````', '````', '````']);
  });

  test('refuses names that a kustomization would give and nobody may have', async () => {
    const names = [String.raw`namespace: "t\e[31m\u202e\u2028"`, String.raw`nameSuffix: "-a\r\n# b"`];
    folder.write('kustomization.yaml', ['generators: [spec.yaml]', ...names, ''].join('\n'));
    folder.write('spec.yaml', specDocument().replace('metadata: {', `metadata: {${STARTED}, `));
    const { exit, stdout, stderr } = await plan();
    expect(exit).toBe(1);
    expect(stderr).toContain(String.raw`the namespace "t\u001b[31m\u202e\u2028", which must be a DNS label`);
    expect(stderr).toContain(String.raw`the name "deployer-a\r\n# b", which must be a DNS name`);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/(?! )[\p{C}\p{Z}]/u);
    expect(stdout).toContain('missing');
    expect(stdout).not.toMatch(/^# b/m);
  });

  test('says which packages it lacks, which it has in part, and what tells the rest', async () => {
    const patched = 'generators: [spec.yaml]\npatches: [{path: a.yaml}]\n';
    folder.write('part/kustomization.yaml', patched);
    folder.write('part/a.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: deployer, namespace: team-a}\n');
    folder.write('part/spec.yaml', specDocument().replace('metadata: {', `metadata: {${STARTED}, `));
    folder.write('none/Kptfile', 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\npipeline: [\n');
    folder.write('none/spec.yaml', specDocument('none'));
    const { exit, stdout } = await plan();
    expect(exit).toBe(1);
    const command = `STS_FUNCTION_MODE=placeholder kustomize build --enable-alpha-plugins --enable-exec ${folder.path}/part`;
    expect(stdout).toContain(command);
    if (format !== 'json') return;
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      secrets: [{ package: 'part' }],
      incomplete: [
        { package: 'none', state: 'missing', file: `${folder.path}/none/Kptfile` },
        { package: 'part', state: 'incomplete', command },
      ],
      errors: [{ code: 'INPUT_UNREADABLE' }],
      notes: [{ code: 'PLAN', severity: 'info' }],
    });
  });
});

test('a long value is cut between characters', async () => {
  const { stderr } = await runInProcess(of(`region: eu-west-1, role: "${'a'.repeat(119)}😀b"`));
  expect(stderr).toContain(`${'a'.repeat(119)}😀…"`);
});

test.each(['json', 'yaml'])(
  'in the name of a folder, which a plan as %s has unchanged for who parses it',
  async (format) => {
    const name = 'a\u202eb\u200bc\u009bd\u2028e\u{e0061}f\tg"\\é日😀';
    folder.write(`${name}/spec.yaml`, specDocument());
    folder.write('good/spec.yaml', specDocument('good'));
    const { exit, stdout } = await runInProcess('', { arguments: ['plan', '-o', format, folder.path] });
    expect(exit).toBe(0);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u);
    expect(stdout).toContain('日😀');
    const { secrets } = (format === 'json' ? JSON.parse(stdout) : parse(stdout)) as { secrets: object[] };
    const file = `${folder.path}/${name}/spec.yaml`;
    expect(secrets).toMatchObject([{ file }, { file: `${folder.path}/good/spec.yaml` }]);
  },
);

/** Columns of the characters below, as terminals have them. */
const COLUMNS: Readonly<Record<string, number>> = { 日: 2, 한: 2, '😀': 2, ａ: 2, か: 2, '\u0301': 0, '\u3099': 0 };
const widthOf = (line: string) => [...line].reduce((width, one) => width + (COLUMNS[one] ?? 1), 0);

test.each(['tree', 'table'])(
  'no line of a plan as %s is wider than a terminal, whatever a folder is called',
  async (format) => {
    const kptfile = (config: string) =>
      `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline: {mutators: [{exec: function-sts-assume-role, configPath: ${config}}]}\n`;
    for (const name of ['日'.repeat(60), '한😀'.repeat(20), 'e\u0301か\u3099ａ'.repeat(20), 'a'.repeat(150)]) {
      folder.write(`${name}/spec.yaml`, specDocument());
      folder.write(`${name}/Kptfile`, kptfile(`${name}.yaml`));
      folder.write(
        `${name}/${name}.yaml`,
        'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: o}\n',
      );
    }
    const stdout = await atTerminal(['plan', '-o', format, folder.path], { NO_COLOR: '1' }, { columns: 100 });
    expect(stdout).toContain('123456789012');
    const widths = stdout.split('\n').map(widthOf);
    expect(Math.max(...widths)).toBeLessThanOrEqual(100);
    expect(widths.filter((width) => width >= 95).length).toBeGreaterThan(3); // and the terminal is used
    if (format === 'table') {
      const starts = stdout.split('\n').filter((line) => /123456789012/.test(line));
      expect(new Set(starts.map((line) => widthOf(line.slice(0, line.indexOf('123456789012'))))).size).toBe(1); // columns stand below each other
    }
  },
);
