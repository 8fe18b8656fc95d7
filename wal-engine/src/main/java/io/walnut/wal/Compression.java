package io.walnut.wal;

/** Whether, and how, the records of a batch are made smaller before they are written. Batches that are written so are read back whatever this says. */
public sealed interface Compression {

    /** Not at all. */
    record None() implements Compression {}

    /** LZ4: quick, to a fifth or so of text. */
    record Lz4() implements Compression {}

    /**
     * Zstandard: smaller, slower. Needs native code.
     *
     * @param level 1 (quick) to 19 (small)
     */
    record Zstd(int level) implements Compression {
        public Zstd {
            if (level < 1 || level > 19) {
                throw new IllegalArgumentException("the level of zstd must lie between 1 and 19, not " + level);
            }
        }
    }

    static Compression none() {
        return new None();
    }

    static Compression lz4() {
        return new Lz4();
    }

    static Compression zstd(int level) {
        return new Zstd(level);
    }
}
