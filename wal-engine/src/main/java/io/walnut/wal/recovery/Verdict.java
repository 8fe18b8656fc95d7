package io.walnut.wal.recovery;

/** What a segment is, as recovery sees it: the right-hand side of the decision table in {@code docs/FORMAT.md}. */
public enum Verdict {
    /** Listed in the manifest, and header, footer and table agree with it. */
    SEALED("sealed", false),
    /** Listed, and something of it is missing or wrong. */
    SEALED_DAMAGED("sealed and damaged", true),
    /** All zero: made ahead, never written. */
    PREPARED("prepared, not used yet", false),
    /** Of the tail, and every frame good up to where the next segment, the marker or nothing says that it ends. */
    WHOLE("whole", false),
    /** Of the tail, and ends in a write that was never acknowledged: cut there. */
    TORN("torn at the end, which an open cuts off", false),
    /** Of the tail, its very first write torn: nothing in it counts. */
    TORN_AT_START("torn in the first write, which an open drops", false),
    /** Of the tail, and begins below where the log ends before it: a copy that an earlier recovery did not come to list. */
    COPY("a copy that was not listed, which an open drops", false),
    /** Of the tail, and something after the bad bytes proves that they had been durable. */
    CORRUPT("corrupt", true),
    /** Of the tail, but missing although a later segment or the marker proves that it was there. */
    MISSING("missing", true);

    private final String text;
    private final boolean corrupt;

    Verdict(String text, boolean corrupt) {
        this.text = text;
        this.corrupt = corrupt;
    }

    /** In words, for people. */
    public String text() {
        return text;
    }

    /** Whether durable bytes are wrong. */
    public boolean corrupt() {
        return corrupt;
    }
}
