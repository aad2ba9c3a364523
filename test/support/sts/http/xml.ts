import { XMLBuilder } from 'fast-xml-parser';
import type { AwsFailure } from '../aws-error.ts';

export type XmlElement = { readonly [name: string]: XmlElement | string | number | undefined };

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const builder = new XMLBuilder({ format: true, ignoreAttributes: false, attributeNamePrefix: '@' });

/** Control characters that no XML document may hold, not even escaped. */
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

export function resultXml(operation: string, result: XmlElement, requestId: string): string {
  return build({
    [`${operation}Response`]: {
      '@xmlns': NAMESPACE,
      [`${operation}Result`]: result,
      ResponseMetadata: { RequestId: requestId },
    },
  });
}

export function errorXml({ code, status, message }: AwsFailure, requestId: string): string {
  const Type = status < 500 ? 'Sender' : 'Receiver';
  return build({
    ErrorResponse: { '@xmlns': NAMESPACE, Error: { Type, Code: code, Message: message }, RequestId: requestId },
  });
}

/** The bare body that S3-like servers send: no wrapper, no namespace, a message only sometimes. */
export function bareErrorXml(code: string, message: string | undefined): string {
  return build({ Error: { Code: code, Message: message } });
}

function build(document: XmlElement): string {
  return builder.build(printable(document));
}

function printable(element: XmlElement): XmlElement {
  const children = Object.entries(element).filter(([, child]) => child !== undefined);
  return Object.fromEntries(
    children.map(([name, child]) => [
      name,
      typeof child === 'object' ? printable(child) : String(child).replace(NOT_XML, '\u{FFFD}'),
    ]),
  );
}
