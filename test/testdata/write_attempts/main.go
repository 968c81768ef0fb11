// Write_attempts tries every system call that changes a file system on the file and in the directory that it is given,
// and prints a line for each: its name and the error number, 0 for success.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

func main() {
	directory, file := os.Args[1], os.Args[2]
	fresh := filepath.Join(directory, ".fresh")
	report("open O_WRONLY", open(file, syscall.O_WRONLY))
	report("open O_RDWR", open(file, syscall.O_RDWR))
	report("open O_RDONLY|O_TRUNC", open(file, syscall.O_RDONLY|syscall.O_TRUNC))
	report("open O_WRONLY|O_APPEND", open(file, syscall.O_WRONLY|syscall.O_APPEND))
	report("open O_CREAT", open(fresh, syscall.O_WRONLY|syscall.O_CREAT))
	report("open O_CREAT|O_EXCL", open(fresh, syscall.O_RDWR|syscall.O_CREAT|syscall.O_EXCL))
	report("open O_TMPFILE", open(directory, syscall.O_RDWR|oTmpfile))
	report("mkdir", syscall.Mkdir(fresh, 0o777))
	report("rmdir", syscall.Rmdir(filepath.Dir(file)))
	report("unlink", syscall.Unlink(file))
	report("rename", syscall.Rename(file, fresh))
	report("link", syscall.Link(file, fresh))
	report("symlink", syscall.Symlink(file, fresh))
	report("mknod fifo", syscall.Mknod(fresh, syscall.S_IFIFO|0o666, 0))
	report("mknod file", syscall.Mknod(fresh, syscall.S_IFREG|0o666, 0))
	report("truncate", syscall.Truncate(file, 0))
	report("chmod file", syscall.Chmod(file, 0o777))
	report("chmod directory", syscall.Chmod(directory, 0o777))
	report("chown", syscall.Chown(file, os.Getuid(), os.Getgid()))
	report("lchown", syscall.Lchown(file, os.Getuid(), os.Getgid()))
	report("utimes", syscall.Utimes(file, make([]syscall.Timeval, 2)))
	report("setxattr", syscall.Setxattr(file, "user.a", []byte("b"), 0))
	report("removexattr", syscall.Removexattr(file, "user.a"))
	descriptor, err := syscall.Open(file, syscall.O_RDONLY, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	report("fchmod", syscall.Fchmod(descriptor, 0o777))
	report("fchown", syscall.Fchown(descriptor, os.Getuid(), os.Getgid()))
	report("futimens", futimens(descriptor))
}

// oTmpfile is __O_TMPFILE|O_DIRECTORY of asm-generic/fcntl.h, which package syscall does not have.
const oTmpfile = 0o20000000 | syscall.O_DIRECTORY

func open(name string, flags int) error {
	descriptor, err := syscall.Open(name, flags, 0o666)
	if err == nil {
		syscall.Close(descriptor)
	}
	return err
}

// futimens is utimensat(2) without a name.
func futimens(descriptor int) error {
	var times [2]syscall.Timespec
	_, _, errno := syscall.Syscall6(syscall.SYS_UTIMENSAT, uintptr(descriptor), 0, uintptr(unsafe.Pointer(&times)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func report(name string, err error) {
	errno, _ := err.(syscall.Errno)
	fmt.Printf("%s: %d\n", name, int(errno))
}
