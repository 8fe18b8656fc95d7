package io.walnut.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Remembers why it could not be written: the PrintWriter of picocli, which verbs print by, swallows that. */
final class CheckedOutput extends FilterOutputStream {
    private volatile @Nullable IOException failure;

    CheckedOutput(OutputStream out) {
        super(out);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void flush() throws IOException {
        try {
            out.flush();
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    /** Throws what went wrong, if something has. */
    void check() throws IOException {
        IOException seen = failure;
        if (seen != null) {
            throw Terminal.failure(seen);
        }
    }
}
