package io.walnut.chaos.cluster;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** Shuts a file system down as a power cut does: without writing its journal. */
final class PowerSwitch {
    private static final int SHUTDOWN = 0x8004_587D; // EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: _IOR('X', 125, u32)
    private static final int NO_LOG_FLUSH = 2;

    private PowerSwitch() {}

    /** Of the file system that is mounted there. */
    static void off(Path mountPoint) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int result = shutdown(
                    arena.allocateFrom(mountPoint.toString()), arena.allocateFrom(ValueLayout.JAVA_INT, NO_LOG_FLUSH));
            if (result != 0) {
                throw new IOException("the shutdown of " + mountPoint + " was refused; it takes root, and ext4 or xfs");
            }
        }
    }

    @SuppressWarnings("restricted")
    private static int shutdown(MemorySegment path, MemorySegment flag) {
        Linker linker = Linker.nativeLinker();
        MethodHandle open = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        MethodHandle ioctl = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("ioctl"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(2));
        MethodHandle close = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            int directory = (int) open.invokeExact(path, 0);
            if (directory < 0) {
                return directory;
            }
            int result = (int) ioctl.invokeExact(directory, Integer.toUnsignedLong(SHUTDOWN), flag);
            int _ = (int) close.invokeExact(directory);
            return result;
        } catch (Throwable e) {
            throw new AssertionError("a call of the C library does not throw", e);
        }
    }
}
