module gomodfs/bench/file_server

go 1.24
