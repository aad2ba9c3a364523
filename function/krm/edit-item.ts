import { type Document, isMap, parseDocument, visit } from 'yaml';
import type { SecretManifest } from '../api/flow.ts';
import { LOCAL_CONFIG_ANNOTATION } from './orchestrator.ts';
import { columnOf, indent, PRINT_OPTIONS, QUOTE_OPTIONS } from './print.ts';
import type { Item, ResourceList } from './resource-list.ts';

/** New text for a range of the input. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** False when anchors or aliases tie an item to the rest of the text: then it cannot be printed by itself. */
export function isEditable(list: ResourceList, item: Item): boolean {
  const document = parseAlone(list, item);
  return document.errors.length === 0 && item.node.anchor === undefined && isSelfContained(document);
}

/** Renews a Secret in place: its data, type and our annotations. What its owner added stays, comments included. */
export function renewSecret(list: ResourceList, item: Item, secret: SecretManifest): Edit {
  return editItem(list, item, (document) => {
    setAnnotations(document, secret.metadata.annotations);
    document.set('type', secret.type);
    document.set('data', document.createNode(secret.data));
    document.delete('stringData');
    document.delete('immutable');
  });
}

/** Marks an item as consumed by tools only. */
export function markLocalConfig(list: ResourceList, item: Item): Edit {
  return editItem(list, item, (document) => setAnnotations(document, { [LOCAL_CONFIG_ANNOTATION]: 'true' }));
}

/** Takes annotations off an item. */
export function deleteAnnotations(list: ResourceList, item: Item, names: readonly string[]): Edit {
  return editItem(list, item, (document) => {
    for (const name of names) document.deleteIn(['metadata', 'annotations', name]);
  });
}

/** `item` must be {@link isEditable}. */
function editItem(list: ResourceList, item: Item, change: (document: Document) => void): Edit {
  const [start, end] = item.node.range;
  const document = parseAlone(list, item);
  change(document);
  if (list.sequence?.flow === true) return { start, end, text: JSON.stringify(document.toJS()) };
  const printed = indent(document.toString(PRINT_OPTIONS), marginOf(list, item));
  return { start, end, text: list.text.slice(start, end).endsWith('\n') ? printed : printed.trimEnd() };
}

function parseAlone(list: ResourceList, item: Item): Document {
  const [start, end] = item.node.range;
  const text = marginOf(list, item) + list.text.slice(start, end);
  return parseDocument(text, { ...QUOTE_OPTIONS, prettyErrors: false, logLevel: 'error' });
}

function marginOf({ text }: ResourceList, { node }: Item): string {
  return ' '.repeat(columnOf(text, node.range[0]));
}

function isSelfContained(document: Document): boolean {
  let contained = isMap(document.contents);
  visit(document, {
    Value: (_, { anchor }) => {
      if (anchor === undefined) return undefined;
      contained = false;
      return visit.BREAK;
    },
    Alias: () => {
      contained = false;
      return visit.BREAK;
    },
  });
  return contained;
}

function setAnnotations(document: Document, annotations: Readonly<Record<string, string>>): void {
  if (!isMap(document.getIn(['metadata', 'annotations'])))
    document.setIn(['metadata', 'annotations'], document.createNode({}));
  for (const [name, value] of Object.entries(annotations)) document.setIn(['metadata', 'annotations', name], value);
}
