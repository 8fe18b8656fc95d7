package io.walnut.wal.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** For a storage that has no better way: a write is done when it is submitted. */
final class WritesInTurn implements DurableWrites {

    private record Done(int token, @Nullable IOException failure) {}

    private final int depth;
    private final ArrayDeque<Done> done = new ArrayDeque<>();

    WritesInTurn(int depth) {
        if (depth < 1) {
            throw new IllegalArgumentException("depth must be at least 1, not " + depth);
        }
        this.depth = depth;
    }

    @Override
    public void submit(StorageFile file, ByteBuffer source, long position, int token) {
        if (done.size() == depth) {
            throw new IllegalStateException(depth + " writes are in flight already: await one first");
        }
        IOException failure = null;
        try {
            Uninterrupted.run(() -> file.writeDurably(source.duplicate(), position));
        } catch (IOException e) {
            failure = e;
        }
        done.add(new Done(token, failure));
    }

    @Override
    public int await() throws IOException {
        if (done.isEmpty()) {
            throw new IllegalStateException("nothing is in flight");
        }
        Done first = Objects.requireNonNull(done.poll());
        if (first.failure != null) {
            throw new DurableWriteException(first.token, first.failure);
        }
        return first.token;
    }

    @Override
    public boolean ready() {
        return !done.isEmpty();
    }

    @Override
    public int inFlight() {
        return done.size();
    }

    @Override
    public void close() {
        done.clear();
    }
}
