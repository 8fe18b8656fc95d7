package io.walnut.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream into lines without looking at more than the bytes: a line ends at {@code \n}, which is not part of it; the last
 * one may lack it. No line is copied more than once.
 */
final class Lines {
    static final int MAX_LINE_BYTES = 64 << 20;

    /** Borrows the bytes for the call only. */
    interface Sink {
        void line(byte[] bytes, int from, int length);
    }

    private final InputStream in;
    private byte[] buffer = new byte[256 << 10];

    Lines(InputStream in) {
        this.in = in;
    }

    /** Returns how many bytes there were, line ends included. */
    long forEach(Sink sink) throws IOException {
        long bytes = 0;
        int end = 0;
        long number = 1;
        while (true) {
            if (end == buffer.length) {
                if (end >= MAX_LINE_BYTES) {
                    throw new IOException(
                            "line " + number + " has more than " + MAX_LINE_BYTES + " bytes; is this a text?");
                }
                buffer = Arrays.copyOf(buffer, Math.min(MAX_LINE_BYTES, 2 * end));
            }
            int scanned = end;
            int read = in.read(buffer, end, buffer.length - end);
            if (read < 0) {
                if (end > 0) {
                    sink.line(buffer, 0, end);
                }
                return bytes;
            }
            end += read;
            bytes += read;
            int start = 0;
            for (int i = scanned; i < end; i++) {
                if (buffer[i] == '\n') {
                    sink.line(buffer, start, i - start);
                    start = i + 1;
                    number++;
                }
            }
            System.arraycopy(buffer, start, buffer, 0, end - start);
            end -= start;
        }
    }
}
