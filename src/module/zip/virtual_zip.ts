import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { Manifest } from "../../store/manifest.ts";
import { ByteWriter } from "./byte_writer.ts";
import {
  CENTRAL_DIRECTORY_HEADER_LENGTH,
  CENTRAL_DIRECTORY_HEADER_SIGNATURE,
  END_OF_CENTRAL_DIRECTORY_LENGTH,
  END_OF_CENTRAL_DIRECTORY_SIGNATURE,
  FLAG_UTF8,
  LOCAL_FILE_HEADER_LENGTH,
  LOCAL_FILE_HEADER_SIGNATURE,
  METHOD_DEFLATED,
  METHOD_STORED,
  UINT16_MAX,
  UINT32_MAX,
  ZIP64_END_OF_CENTRAL_DIRECTORY_LENGTH,
  ZIP64_END_OF_CENTRAL_DIRECTORY_SIGNATURE,
  ZIP64_LOCATOR_LENGTH,
  ZIP64_LOCATOR_SIGNATURE,
} from "./zip_format.ts";
import { needsUtf8Flag } from "./zip_name.ts";

