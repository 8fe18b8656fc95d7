package io.walnut.node.raft;

import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto.LogEntryBodyCase;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogEntryHeader;

/**
 * The tag of an entry's record in the WAL: {@code term << 8 | kind}, kind being the number of the Protobuf field of the
 * body. With it no recovery and no question about terms parses Protobuf.
 */
public final class EntryTag {
    private EntryTag() {}

    static long of(LogEntryProto entry) {
        return entry.getTerm() << 8 | entry.getLogEntryBodyCase().getNumber();
    }

    /** The entry's term. */
    public static long term(long tag) {
        return tag >>> 8;
    }

    /** What the entry is, in a word, for people. */
    public static String kindName(long tag) {
        return switch (kind(tag)) {
            case STATEMACHINELOGENTRY -> "state-machine";
            case CONFIGURATIONENTRY -> "configuration";
            case METADATAENTRY -> "metadata";
            case LOGENTRYBODY_NOT_SET -> "unknown"; // of no entry
        };
    }

    /** Whether a node may have given this tag; the log of another program has tags of its own. */
    public static boolean isOfNode(long tag) {
        return term(tag) > 0 && kind(tag) != LogEntryBodyCase.LOGENTRYBODY_NOT_SET;
    }

    static LogEntryBodyCase kind(long tag) {
        LogEntryBodyCase kind = LogEntryBodyCase.forNumber((int) (tag & 0xff));
        return kind == null ? LogEntryBodyCase.LOGENTRYBODY_NOT_SET : kind;
    }

    static TermIndex termIndex(long tag, long index) {
        return TermIndex.valueOf(term(tag), index);
    }

    static LogEntryHeader header(long tag, long index) {
        return LogEntryHeader.valueOf(termIndex(tag, index), kind(tag));
    }
}
