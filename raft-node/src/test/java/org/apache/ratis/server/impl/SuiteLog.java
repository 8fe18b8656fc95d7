package org.apache.ratis.server.impl;

import io.walnut.node.raft.SuiteLogs;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.constant.ClassDesc;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.raftlog.segmented.SegmentedRaftLog;
import org.apache.ratis.server.storage.RaftStorage;

/**
 * Puts our log under every division of Ratis's own test suites, whose state machines are not ours to change: the static
 * method {@code ServerState.initRaftLog} is rewritten, before the class is loaded, to call {@link #create}.
 */
public final class SuiteLog {
    /** "ours" or "stock"; unset outside the suites. */
    public static final String PROPERTY = "walnut.ratis.log";

    private static final String METHOD = "initRaftLog";
    private static final String SERVER_STATE = "/org/apache/ratis/server/impl/ServerState.class";

    private SuiteLog() {}

    /** Must run before anything loads {@code ServerState}. */
    public static void rewrite() {
        AtomicInteger hits = new AtomicInteger();
        try (InputStream in = SuiteLog.class.getResourceAsStream(SERVER_STATE)) {
            ClassFile classFile = ClassFile.of();
            byte[] rewritten = classFile.transformClass(classFile.parse(in.readAllBytes()), (builder, element) -> {
                if (element instanceof MethodModel method
                        && method.methodName().equalsString(METHOD)
                        && method.methodTypeSymbol().parameterCount() == 6) {
                    hits.incrementAndGet();
                    builder.withMethodBody(
                            method.methodName(),
                            method.methodType(),
                            method.flags().flagsMask(),
                            code -> {
                                for (int i = 0; i < 6; i++) {
                                    code.aload(i);
                                }
                                code.invokestatic(
                                        ClassDesc.of(SuiteLog.class.getName()), "create", method.methodTypeSymbol());
                                code.areturn();
                            });
                } else {
                    builder.with(element);
                }
            });
            if (hits.get() != 1) {
                throw new IllegalStateException(
                        "ServerState has " + hits + " methods " + METHOD + " of six parameters");
            }
            MethodHandles.lookup().defineClass(rewritten);
        } catch (IOException | IllegalAccessException e) {
            throw new IllegalStateException("cannot rewrite ServerState", e);
        }
    }

    /** Called by the rewritten method. */
    @SuppressWarnings("unused")
    static RaftLog create(
            RaftGroupMemberId memberId,
            RaftServerImpl server,
            RaftStorage storage,
            Consumer<LogEntryProto> consumer,
            LongSupplier snapshotIndex,
            RaftProperties properties)
            throws IOException {
        if ("ours".equals(System.getProperty(PROPERTY))) {
            return RaftLogSeam.open(server, division -> SuiteLogs.create(division, storage, properties), consumer);
        }
        RaftLog log = SegmentedRaftLog.newBuilder()
                .setMemberId(memberId)
                .setServer(server)
                .setNotifyTruncatedLogEntry(server::notifyTruncatedLogEntry)
                .setGetTransactionContext(server::getTransactionContext)
                .setSubmitUpdateCommitEvent(server::submitUpdateCommitEvent)
                .setStorage(storage)
                .setSnapshotIndexSupplier(snapshotIndex)
                .setProperties(properties)
                .build();
        log.open(log.getSnapshotIndex(), consumer);
        return log;
    }
}
