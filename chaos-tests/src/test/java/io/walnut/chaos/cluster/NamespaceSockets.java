package io.walnut.chaos.cluster;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** Sockets of this process on other networks: a socket stays in the namespace whose thread has opened it. */
final class NamespaceSockets {
    private NamespaceSockets() {}

    /** What the call gives, made by a thread in the namespace of this file. */
    static <T> T open(String namespace, Callable<T> call) throws Exception {
        FutureTask<T> task = new FutureTask<>(() -> {
            enter(namespace);
            return call.call();
        });
        Thread.ofPlatform().start(task);
        return task.get();
    }

    @SuppressWarnings("restricted")
    private static void enter(String namespace) throws IOException {
        Linker linker = Linker.nativeLinker();
        MethodHandle open = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        MethodHandle setns = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setns"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MethodHandle close = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            int file = (int) open.invokeExact(arena.allocateFrom(namespace), 0);
            int result = (int) setns.invokeExact(file, 0);
            int _ = (int) close.invokeExact(file);
            if (file < 0 || result != 0) {
                throw new IOException("cannot enter " + namespace);
            }
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
