/**
 * 2009-11-12T13:14:15Z in seconds since 1970: access, modification and change time of everything. Constant, so that
 * tools which compare times see no change between two mounts, and old, since the go command's module index distrusts
 * files younger than two seconds (cmd/go/internal/modindex).
 */
export const FILE_TIME = Date.UTC(2009, 10, 12, 13, 14, 15) / 1000;
