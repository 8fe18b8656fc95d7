package io.walnut.cli;

import io.walnut.client.Walnut;
import java.io.BufferedOutputStream;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BiFunction;

/**
 * What a command has to do with the world outside: its streams, and how it reaches a cluster.
 *
 * @param out bytes, buffered; written through on {@code flush}
 * @param interactive a person sees {@code err}: progress may be shown
 * @param connect a client of these endpoints with this deadline
 */
record Terminal(
        InputStream in,
        OutputStream out,
        PrintStream err,
        boolean interactive,
        BiFunction<String, Duration, Walnut> connect) {
    private static final int BUFFER_BYTES = 64 << 10;

    static Terminal system() {
        return new Terminal(
                System.in,
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES),
                System.err,
                isTerminal(),
                (endpoints, deadline) ->
                        Walnut.builder().endpoints(endpoints).deadline(deadline).build());
    }

    @SuppressWarnings("SystemConsoleNull") // null on Java 17 to 21, which this module runs on
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            // Since Java 22 there is a console without a terminal, too; this module still compiles for 17.
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    void print(String line) throws IOException {
        write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void write(byte[] bytes) throws IOException {
        try {
            out.write(bytes);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    void flush() throws IOException {
        try {
            out.flush();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** Only a reader that has gone is no failure; a full disk is one. Java knows the two apart by the message alone. */
    static IOException failure(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("Broken pipe")
                ? new QuietExitException(ExitCode.BROKEN_PIPE, e)
                : new IOException("the output cannot be written: " + message, e);
    }

    /** What picocli's writer prints to; it keeps what went wrong for {@link CheckedOutput#check}. */
    CheckedOutput checkedOutput() {
        return new CheckedOutput(out);
    }
}
