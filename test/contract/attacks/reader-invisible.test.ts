import { expect, test } from '@jest/globals';
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
