process.stderr.write("gomodfs: not built yet\n");
