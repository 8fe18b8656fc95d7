package io.walnut.node.raft;

/**
 * What Raft may never forget.
 *
 * @param term the latest term seen
 * @param votedFor peer id that got the vote in that term; empty when none did
 */
record Vote(long term, String votedFor) {
    static final Vote NONE = new Vote(0, "");

    @Override
    public String toString() {
        return "term " + term + (votedFor.isEmpty() ? " (no vote)" : " (vote for " + votedFor + ")");
    }
}
