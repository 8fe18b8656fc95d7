package io.walnut.chaos.bugs;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.walnut.node.append.AppendRefusedException;
import io.walnut.node.append.AppendRefusedException.Reason;
import io.walnut.node.raft.SubmitException;
import io.walnut.node.rpc.GroupLogs;
import io.walnut.protocol.v1.AppendResponse;
import io.walnut.protocol.v1.Record;
import io.walnut.protocol.v1.RecordBatch;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.LogInfo;
import io.walnut.wal.logs.Result;
import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.jboss.byteman.rule.Rule;
import org.jspecify.annotations.Nullable;

/** Bugs between a request and the log. */
public class ServerBugs extends BugHelper {
    private static final long CACHED_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private static final ThreadLocal<Boolean> SPLITTING = ThreadLocal.withInitial(() -> false);
    private static final ConcurrentHashMap<Long, Cached> CACHE = new ConcurrentHashMap<>();
    private static final ConcurrentHashMap<Long, AtomicLong> ON_THEIR_WAY = new ConcurrentHashMap<>();

    private record Cached(LogInfo log, long at) {}

    public ServerBugs(Rule rule) {
        super(rule);
    }

    // ---- a batch is split

    public boolean isSplitting() {
        return SPLITTING.get();
    }

    public CompletableFuture<AppendResponse> split(
            GroupLogs logs, AppendItem batch, long deadlineNanos, Runnable admitted) {
        List<Record> records = records(batch);
        List<Record> first = records.subList(0, records.size() / 2);
        List<Record> second = records.subList(first.size(), records.size());
        return append(logs, part(batch, first, 0), deadlineNanos, admitted)
                .thenCompose(done -> append(logs, part(batch, second, first.size()), deadlineNanos, () -> {})
                        .thenApply(_ -> done));
    }

    private static CompletableFuture<AppendResponse> append(
            GroupLogs logs, AppendItem batch, long deadlineNanos, Runnable admitted) {
        SPLITTING.set(true);
        try {
            return logs.append(batch, deadlineNanos, admitted);
        } finally {
            SPLITTING.set(false);
        }
    }

    private static AppendItem part(AppendItem batch, List<Record> records, int from) {
        return with(batch, batch.sequence() + from, records.size(), bytes(records));
    }

    // ---- a byte changes

    public AppendItem altered(AppendItem batch) {
        List<Record> records = records(batch);
        byte[] value = records.getFirst().getValue().toByteArray();
        value[value.length - 1] ^= 1;
        Record changed = records.getFirst().toBuilder()
                .setValue(ByteString.copyFrom(value))
                .build();
        RecordBatch all = RecordBatch.newBuilder()
                .addAllRecords(records)
                .setRecords(0, changed)
                .build();
        return with(batch, batch.sequence(), batch.count(), all.toByteString());
    }

    private static List<Record> records(AppendItem batch) {
        try {
            return RecordBatch.parseFrom(UnsafeByteOperations.unsafeWrap(batch.bytes()))
                    .getRecordsList();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a batch that was checked is none", e);
        }
    }

    private static ByteString bytes(List<Record> records) {
        return RecordBatch.newBuilder().addAllRecords(records).build().toByteString();
    }

    private static AppendItem with(AppendItem batch, long sequence, int count, ByteString bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.asReadOnlyByteBuffer());
        return new AppendItem(
                batch.logId(),
                batch.producerId(),
                batch.producerEpoch(),
                sequence,
                count,
                (int) crc.getValue(),
                bytes.asReadOnlyByteBuffer());
    }

    // ---- answers that are made up

    public CompletableFuture<AppendResponse> atTheEndAsItIs(
            CompletableFuture<AppendResponse> answer, GroupLogs logs, AppendItem batch) {
        long end = end(logs, batch);
        return answer.thenApply(done -> at(done, end, batch));
    }

    public CompletableFuture<AppendResponse> successAnyway(
            CompletableFuture<AppendResponse> answer, GroupLogs logs, AppendItem batch) {
        return answer.exceptionally(failure -> {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            boolean unknown = cause instanceof SubmitException.OutcomeUnknown
                    || (cause instanceof AppendRefusedException refused && refused.reason() == Reason.OUTCOME_UNKNOWN);
            if (!unknown) {
                throw new CompletionException(cause);
            }
            hit();
            return at(AppendResponse.getDefaultInstance(), end(logs, batch), batch);
        });
    }

    private static AppendResponse at(AppendResponse answer, long offset, AppendItem batch) {
        return answer.toBuilder()
                .setFirstOffset(offset)
                .setNextOffset(offset + batch.count())
                .build();
    }

    private static long end(GroupLogs logs, AppendItem batch) {
        return logs.list("", "", Integer.MAX_VALUE).stream()
                .filter(log -> log.id() == batch.logId())
                .mapToLong(LogInfo::endOffset)
                .findFirst()
                .orElse(0);
    }

    // ---- where a log ends

    public LogInfo cached(LogInfo log) {
        long now = System.nanoTime();
        return CACHE.compute(
                        log.id(),
                        (_, known) -> known == null || now - known.at > CACHED_NANOS ? new Cached(log, now) : known)
                .log;
    }

    public void onItsWay(CompletableFuture<AppendResponse> answer, AppendItem batch) {
        AtomicLong records = onTheirWay(batch.logId());
        records.addAndGet(batch.count());
        CompletableFuture<?> _ = answer.whenComplete((_, _) -> records.addAndGet(-batch.count()));
    }

    public boolean isOnItsWay(LogInfo log) {
        return onTheirWay(log.id()).get() > 0;
    }

    public LogInfo withWhatIsOnItsWay(LogInfo log) {
        return new LogInfo(
                log.id(),
                log.name(),
                log.startOffset(),
                log.endOffset() + onTheirWay(log.id()).get(),
                log.sealed(),
                log.createdMs(),
                log.lastAppendMs());
    }

    private static AtomicLong onTheirWay(long logId) {
        return ON_THEIR_WAY.computeIfAbsent(logId, _ -> new AtomicLong());
    }

    // ---- the order of a producer

    public CompletableFuture<Object> overloaded() {
        try {
            Constructor<AppendRefusedException> refusal =
                    AppendRefusedException.class.getDeclaredConstructor(Reason.class, String.class);
            refusal.setAccessible(true);
            return CompletableFuture.failedFuture(refusal.newInstance(Reason.OVERLOADED, "refused by a planted bug"));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a refusal is made otherwise now", e);
        }
    }

    /** Whether it was refused because one before it is missing. */
    public boolean isGap(@Nullable Object outcome) {
        return outcome instanceof Result.NotAppended(Result.Rejection rejection)
                && rejection.reason() == Result.Reason.OUT_OF_SEQUENCE;
    }

    // ---- commands

    /** The result of a command that was not applied. */
    public ByteBuffer notApplied() {
        return new Result.Rejected(new Result.Rejection(Result.Reason.ABORTED, "left out by a planted bug", 0, 0, 0))
                .encode();
    }
}
