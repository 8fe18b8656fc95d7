package io.walnut.node.raft;

import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto.LogEntryBodyCase;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogEntryHeader;

/**
 * The tag of an entry's record in the WAL: {@code term << 8 | kind}, kind being the number of the Protobuf field of the
 * body. With it no recovery and no question about terms parses Protobuf.
 */
final class EntryTag {
    private EntryTag() {}

    static long of(LogEntryProto entry) {
        return entry.getTerm() << 8 | entry.getLogEntryBodyCase().getNumber();
    }

    static long term(long tag) {
        return tag >>> 8;
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
