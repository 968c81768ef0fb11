module example.com/write_attempts

go 1.21
