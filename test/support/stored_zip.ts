import { crc32 } from "node:zlib";

/** One file of a zip. */
export interface StoredZipEntry {
  readonly name: string;
  readonly content: Uint8Array;
}

const localHeaderSize = 30;
const centralHeaderSize = 46;
const endSize = 22;
const versionNeeded = 10;
/** Names are in UTF-8 (APPNOTE 4.4.4, bit 11). */
const utf8Flag = 0x0800;
/** 1980-01-01, the first day that a zip can name. */
const dosDate = 0x21;

/**
 * A zip of uncompressed entries (PKWARE APPNOTE 6.3.10, without zip64): the simplest that every reader takes, written
 * apart from the product's own zip code so that neither hides the other's mistakes.
 */
export function storedZip(entries: readonly StoredZipEntry[]): Buffer<ArrayBuffer> {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const nameBytes = Buffer.from(name);
    const common = commonFields(nameBytes, content);
    const local = Buffer.alloc(localHeaderSize);
    local.writeUInt32LE(0x04034b50, 0);
    common.copy(local, 4);
    const central = Buffer.alloc(centralHeaderSize);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(versionNeeded, 4);
    common.copy(central, 6);
    central.writeUInt32LE(offset, 42);
    locals.push(local, nameBytes, Buffer.from(content));
    centrals.push(central, nameBytes);
    offset += local.length + nameBytes.length + content.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(endSize);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** The 26 bytes that local and central headers have in common, from "version needed" on. */
function commonFields(name: Buffer, content: Uint8Array): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(versionNeeded, 0);
  fields.writeUInt16LE(utf8Flag, 2);
  fields.writeUInt16LE(dosDate, 8);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}
