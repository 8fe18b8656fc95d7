package io.walnut.wal.io.uring;

/**
 * A file descriptor for one write at a time, lent by its file: so each is told of its own failure, where the kernel sends it through
 * its page cache after all ({@code DurableChannels} says why).
 */
final class Descriptor {
    private final UringFile file;
    private final int number;

    Descriptor(UringFile file, int number) {
        this.file = file;
        this.number = number;
    }

    int number() {
        return number;
    }

    /** No write is in flight by it any more. */
    void giveBack() {
        file.giveBack(this);
    }
}
