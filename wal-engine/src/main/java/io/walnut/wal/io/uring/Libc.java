package io.walnut.wal.io.uring;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/**
 * The calls by the C library that the JVM itself runs on. Linux on 64 bits only. Making one takes native access: where that is
 * denied, an {@link IllegalCallerException}; where a symbol is missing, a {@link java.util.NoSuchElementException}.
 */
final class Libc implements SystemCalls {
    static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();

    // The same on every architecture.
    private static final long NR_SETUP = 425;
    private static final long NR_ENTER = 426;

    private static final int O_WRONLY = 1;
    private static final int O_DSYNC = 0x1000;
    private static final int O_DIRECT = 0x4000;
    private static final int O_DIRECT_ON_ARM = 0x10000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MAP_POPULATE = 0x8000;
    private static final int AT_EMPTY_PATH = 0x1000;

    private static final VarHandle ERRNO = CALL_STATE.varHandle(PathElement.groupElement("errno"));

    /** Constants, so that a call compiles to a call. */
    @SuppressWarnings("restricted") // this is what native access is for
    private static final class Handles {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
        private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
        private static final java.lang.foreign.AddressLayout POINTER = ValueLayout.ADDRESS;

        static final MethodHandle SETUP = variadic("syscall", 1, FunctionDescriptor.of(LONG, LONG, INT, POINTER));
        static final MethodHandle ENTER =
                variadic("syscall", 1, FunctionDescriptor.of(LONG, LONG, INT, INT, INT, INT, LONG, LONG));
        static final MethodHandle MAP = plain("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
        static final MethodHandle UNMAP = plain("munmap", FunctionDescriptor.of(INT, LONG, LONG));
        static final MethodHandle OPEN = variadic("open", 2, FunctionDescriptor.of(INT, POINTER, INT));
        static final MethodHandle CLOSE = plain("close", FunctionDescriptor.of(INT, INT));
        static final MethodHandle STATX = plain("statx", FunctionDescriptor.of(INT, INT, POINTER, INT, INT, POINTER));

        private Handles() {}

        private static MethodHandle plain(String name, FunctionDescriptor descriptor) {
            return LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow(name), descriptor, Linker.Option.captureCallState("errno"));
        }

        private static MethodHandle variadic(String name, int fixed, FunctionDescriptor descriptor) {
            return LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow(name),
                    descriptor,
                    Linker.Option.captureCallState("errno"),
                    Linker.Option.firstVariadicArg(fixed));
        }
    }

    private interface Call {
        long with(MemorySegment callState, Arena arena) throws Throwable;
    }

    /** A call that is made seldom. */
    private static long call(Call call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(CALL_STATE);
            long result = call.with(state, arena);
            return result == -1 ? -errno(state) : result;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    @Override
    public int setup(int entries, MemorySegment parameters) {
        return (int) call((state, _) -> (long) Handles.SETUP.invokeExact(state, NR_SETUP, entries, parameters));
    }

    @Override
    public int enter(int ring, int submit, int complete, int flags, MemorySegment state) {
        try {
            int result = (int) (long) Handles.ENTER.invokeExact(state, NR_ENTER, ring, submit, complete, flags, 0L, 0L);
            return result == -1 ? -errno(state) : result;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public long map(int descriptor, long offset, long bytes) {
        return call((state, _) -> (long) Handles.MAP.invokeExact(
                state, 0L, bytes, PROT_READ_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, offset));
    }

    @Override
    public int unmap(long address, long bytes) {
        return (int) call((state, _) -> (int) Handles.UNMAP.invokeExact(state, address, bytes));
    }

    @Override
    public int openDirect(Path path) {
        int direct = System.getProperty("os.arch", "").equals("aarch64") ? O_DIRECT_ON_ARM : O_DIRECT;
        return (int) call((state, arena) -> (int) Handles.OPEN.invokeExact(
                state, arena.allocateFrom(path.toString()), O_WRONLY | O_CLOEXEC | O_DSYNC | direct));
    }

    @Override
    public int close(int descriptor) {
        return (int) call((state, _) -> (int) Handles.CLOSE.invokeExact(state, descriptor));
    }

    @Override
    public int status(int descriptor, int mask, MemorySegment target) {
        return (int) call((state, arena) -> (int)
                Handles.STATX.invokeExact(state, descriptor, arena.allocateFrom(""), AT_EMPTY_PATH, mask, target));
    }
}
