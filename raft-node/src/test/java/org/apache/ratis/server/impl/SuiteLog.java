package org.apache.ratis.server.impl;

import io.walnut.node.raft.SuiteLogs;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.MethodModel;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
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
import org.apache.ratis.statemachine.impl.BaseStateMachine;

/**
 * Puts our log under every division of Ratis's own test suites, whose state machines are not ours to change: the static
 * method {@code ServerState.initRaftLog} is rewritten, before the class is loaded, to call {@link #create}.
 */
public final class SuiteLog {
    /**
     * {@code ours}, {@code stock}, or {@code stock-without-data}: Ratis's log with a state machine that keeps no part of an
     * entry itself, which is what {@code ours} takes for granted. Unset outside the suites.
     */
    public static final String PROPERTY = "walnut.ratis.log";

    private static final String WITHOUT_DATA = "stock-without-data";

    private SuiteLog() {}

    /** Must run before anything loads the classes that are rewritten. */
    public static void rewrite() {
        rewriteInitRaftLog();
        if (WITHOUT_DATA.equals(System.getProperty(PROPERTY))) {
            rewriteData();
        }
    }

    private static void rewriteInitRaftLog() {
        AtomicInteger hits = new AtomicInteger();
        define(MethodHandles.lookup(), "/org/apache/ratis/server/impl/ServerState.class", (builder, element) -> {
            if (element instanceof MethodModel method
                    && method.methodName().equalsString("initRaftLog")
                    && method.methodTypeSymbol().parameterCount() == 6) {
                hits.incrementAndGet();
                builder.withMethodBody(
                        method.methodName(), method.methodType(), method.flags().flagsMask(), code -> {
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
            throw new IllegalStateException("ServerState has " + hits + " methods initRaftLog of six parameters");
        }
    }

    /** Gives the suites' state machine a method {@code data()} that answers with the API which does nothing. */
    private static void rewriteData() {
        ClassDesc dataApi = ClassDesc.of("org.apache.ratis.statemachine.StateMachine$DataApi");
        try {
            define(
                    MethodHandles.privateLookupIn(BaseStateMachine.class, MethodHandles.lookup()),
                    "/org/apache/ratis/statemachine/impl/SimpleStateMachine4Testing.class",
                    ClassTransform.endHandler(builder ->
                            builder.withMethodBody("data", MethodTypeDesc.of(dataApi), ClassFile.ACC_PUBLIC, code -> {
                                code.getstatic(dataApi, "DEFAULT", dataApi);
                                code.areturn();
                            })));
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("cannot reach the suites' state machine", e);
        }
    }

    private static void define(MethodHandles.Lookup lookup, String resource, ClassTransform transform) {
        try (InputStream in = SuiteLog.class.getResourceAsStream(resource)) {
            ClassFile classFile = ClassFile.of();
            lookup.defineClass(classFile.transformClass(classFile.parse(in.readAllBytes()), transform));
        } catch (IOException | IllegalAccessException e) {
            throw new IllegalStateException("cannot rewrite " + resource, e);
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
