/** A client that keeps to no rule writes its own frames (RFC 9113, 4.1): gRPC's call of `path`, with an empty message. */
export const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0, '')]);

const GOAWAY = 7;

/** The frames of one call. */
export function callFrames(stream: number, path: string): Buffer {
  const headers = Buffer.concat([
    Buffer.from([0x83, 0x87, 0x04, path.length]), // POST, https and a path, by HPACK's static table (RFC 7541, appendix A)
    Buffer.from(path),
    literal(':authority', 'localhost'),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
  ]);
  return Buffer.concat([frame(1, 4, stream, headers), frame(0, 1, stream, Buffer.alloc(5))]);
}

/** True when `bytes`, which begin with a whole frame, have one of GOAWAY. */
export function hasGoaway(bytes: Buffer): boolean {
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) if (bytes[at + 3] === GOAWAY) return true;
  return false;
}

function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer | string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
}
