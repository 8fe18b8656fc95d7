package io.walnut.wal.io.uring;

import java.util.Map;

/** The errors of the system's calls that are told apart, and the names of those that are met. */
final class Errno {
    static final int EPERM = 1;
    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EBUSY = 16;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int ENOSYS = 38;
    static final int EDQUOT = 122;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(EPERM, "EPERM, not permitted"),
            Map.entry(2, "ENOENT, no such file"),
            Map.entry(EINTR, "EINTR, interrupted"),
            Map.entry(5, "EIO, input/output error"),
            Map.entry(9, "EBADF, bad file descriptor"),
            Map.entry(EAGAIN, "EAGAIN, try again"),
            Map.entry(ENOMEM, "ENOMEM, out of memory"),
            Map.entry(13, "EACCES, permission denied"),
            Map.entry(EBUSY, "EBUSY, busy"),
            Map.entry(EINVAL, "EINVAL, invalid argument"),
            Map.entry(23, "ENFILE, too many open files in the system"),
            Map.entry(24, "EMFILE, too many open files"),
            Map.entry(27, "EFBIG, file too large"),
            Map.entry(ENOSPC, "ENOSPC, no space left on device"),
            Map.entry(30, "EROFS, read-only file system"),
            Map.entry(ENOSYS, "ENOSYS, no such system call"),
            Map.entry(95, "EOPNOTSUPP, not supported"),
            Map.entry(EDQUOT, "EDQUOT, disk quota exceeded"));

    private Errno() {}

    static String text(int errno) {
        return NAMES.getOrDefault(errno, "errno " + errno);
    }
}
