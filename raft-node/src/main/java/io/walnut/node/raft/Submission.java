package io.walnut.node.raft;

import java.nio.ByteBuffer;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * A command on its way into the leader's log. Ratis hands this very object to the state machine right before the
 * append, which is how a failure before the append (nothing happened) is told from one after it (outcome unknown).
 */
final class Submission implements Message {
    private final ByteString command;
    private volatile boolean appended;

    /** Keeps {@code command} without a copy: its bytes must not change until the submission ends. */
    Submission(ByteBuffer command) {
        this.command = UnsafeByteOperations.unsafeWrap(command);
    }

    @Override
    public ByteString getContent() {
        return command;
    }

    /** Called under the division's lock, right before the entry is given to the log. */
    void markAppended() {
        appended = true;
    }

    boolean appended() {
        return appended;
    }

    @Override
    public String toString() {
        return "Submission(" + command.size() + " bytes)";
    }
}
