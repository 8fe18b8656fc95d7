package io.walnut.wal.io.uring;

import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.Backend;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A process that may not use io_uring, and appends to a log all the same. Says which backend it has, why, and where the log ends. */
final class RestrictedProcess {
    static final int RECORDS = 20;

    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1; // all threads
    private static final int NR_IO_URING_SETUP = 425;
    private static final int EPERM = 1;

    // Classic BPF: of struct seccomp_data the number of the call is the first word.
    private static final short LOAD = 0x20;
    private static final short JUMP_IF_EQUAL = 0x15;
    private static final short RETURN = 0x06;
    private static final int ERRNO = 0x0005_0000;
    private static final int ALLOW = 0x7fff_0000;

    private RestrictedProcess() {}

    /** Arguments: directory; {@code seccomp}, to be forbidden it by a filter from now on, or {@code nothing}. */
    public static void main(String[] arguments) throws Throwable {
        if (arguments[1].equals("seccomp")) {
            forbidSetup();
        }
        Path directory = Path.of(arguments[0]);
        try {
            Wal.open(directory, WalOptions.defaults().withBackend(Backend.IO_URING))
                    .close();
            System.out.println("by name: opened");
        } catch (WalException e) {
            System.out.println("by name: " + e.getMessage());
        }
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            System.out.println("backend: " + wal.backend().backend());
            System.out.println("reason: " + wal.backend().reason());
            for (int i = 0; i < RECORDS; i++) {
                wal.awaitDurable(wal.enqueue(new Batch().add(2, ByteBuffer.allocate(Integer.BYTES))));
            }
            System.out.println("end: " + wal.endLsn());
        }
        System.exit(0);
    }

    @SuppressWarnings("restricted")
    private static void forbidSetup() throws Throwable {
        Linker linker = Linker.nativeLinker();
        ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
        MethodHandle prctl = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("prctl"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, word, word, word, word),
                Linker.Option.firstVariadicArg(1));
        MethodHandle seccomp = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(word, word, word, word, ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(1));
        long number = System.getProperty("os.arch", "").equals("aarch64") ? 277 : 317;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment filter = arena.allocate(4 * 8, 8);
            instruction(filter, 0, LOAD, 0, 0, 0);
            instruction(filter, 1, JUMP_IF_EQUAL, 0, 1, NR_IO_URING_SETUP);
            instruction(filter, 2, RETURN, 0, 0, ERRNO | EPERM);
            instruction(filter, 3, RETURN, 0, 0, ALLOW);
            MemorySegment program = arena.allocate(16, 8);
            program.set(ValueLayout.JAVA_SHORT, 0, (short) 4);
            program.set(ValueLayout.ADDRESS, 8, filter);
            int privileges = (int) prctl.invokeExact(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
            long installed = (long) seccomp.invokeExact(
                    number, (long) SECCOMP_SET_MODE_FILTER, (long) SECCOMP_FILTER_FLAG_TSYNC, program);
            if (privileges != 0 || installed != 0) {
                throw new IOException("no filter: prctl " + privileges + ", seccomp " + installed);
            }
        }
    }

    private static void instruction(MemorySegment filter, int at, short code, int ifTrue, int ifFalse, int value) {
        filter.set(ValueLayout.JAVA_SHORT, at * 8L, code);
        filter.set(ValueLayout.JAVA_BYTE, at * 8L + 2, (byte) ifTrue);
        filter.set(ValueLayout.JAVA_BYTE, at * 8L + 3, (byte) ifFalse);
        filter.set(ValueLayout.JAVA_INT, at * 8L + 4, value);
    }
}
