package io.walnut.wal.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Result.AppendOutcome;
import io.walnut.wal.logs.Result.Appended;
import io.walnut.wal.logs.Result.NotAppended;
import io.walnut.wal.logs.Result.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogIndexTest {
    /** Of version 1, which is no longer written. */
    private static final String OLD_IMAGE = "574c4f4753" + "01" + "0000000000000003" + "0000000000001389" + "00000002"
            + ("01" + "0001" + "61" + "e807" + "8927" + "01" + "af02" + "00")
            + ("02" + "0300010289" + "27" + "000102ac02" + "00")
            + ("01" + "0000000000000007" + "00000001" + "02" + "01" + "0002018927")
            + ("02" + "0003" + "622f63" + "e807" + "00" + "00" + "00" + "01" + "00" + "00")
            + "58395c5e";

    /** Read beside docs/FORMAT-logs.md. */
    private static final String GOLDEN_IMAGE =
            "574c4f4753" + "02" + "0000000000000003" + "0000000000001389" + "00000002"
                    + ("01" + "0001" + "61" + "e807" + "8927" + "01" + "af02" + "00")
                    + ("02" + "030001028927" + "03" + "000102ac0200" + "03")
                    + ("01" + "0000000000000007" + "00000001" + "02" + "01" + "0002018927")
                    + ("02" + "0003" + "622f63" + "e807" + "00" + "00" + "00" + "03" + "00" + "00")
                    + ("e807" + "00" + "800a" + "00" + "05" + "01" + "0001" + "72" + "00")
                    + "05ddf5b9";

    private final LogIndex index = new LogIndex();
    private long lsn;

    @Test
    void aNewLogIsEmptyAndFound() {
        LogInfo created = create("orders/eu");

        assertThat(created).isEqualTo(new LogInfo(1, "orders/eu", 0, 0, false, 1000, 0));
        assertThat(index.describe("orders/eu")).contains(created);
        assertThat(index.neededLsn()).isEqualTo(LogIndex.NEEDS_NONE);
    }

    @Test
    void aLogIsCreatedOnce() {
        create("a");

        assertThat(reason(apply(new Command.Create(1000, "a")))).isEqualTo(Reason.LOG_EXISTS);
    }

    @Test
    void aBadNameIsRefusedWithWhatIsWrong() {
        for (String name : List.of(
                "", "../x", "a/../b", "a//b", "/a", "a/", ".", "x y", "ü", "x".repeat(256), "x".repeat(65000))) {
            Result result = apply(new Command.Create(1000, name));
            assertThat(reason(result)).as(name).isEqualTo(Reason.INVALID_NAME);
        }
        assertThat(index.size()).isZero();
    }

    @Test
    void offsetsAreDenseInTheOrderOfTheCommands() {
        LogInfo a = create("a");
        LogInfo b = create("b");

        long first = lsn;
        List<AppendOutcome> outcomes = append(5000, item(a, 3), item(b, 2), item(a, 1));

        assertThat(outcomes)
                .containsExactly(
                        new Appended(0, 3, 5000, false),
                        new Appended(0, 2, 5000, false),
                        new Appended(3, 4, 5000, false));
        assertThat(index.locate(a.id(), 0, 10))
                .containsExactly(
                        new BatchLocation(first, 0, 0, 3, 5000, 3), new BatchLocation(first, 2, 3, 1, 5000, 3));
        assertThat(index.locate(a.id(), 2, 1)).containsExactly(new BatchLocation(first, 0, 0, 3, 5000, 3));
        assertThat(index.locate(a.id(), 4, 1)).isEmpty();
    }

    @Test
    void timeNeverGoesBack() {
        LogInfo a = create("a");
        append(5000, item(a, 1));

        assertThat(append(4000, item(a, 1))).containsExactly(new Appended(1, 2, 5000, false));
    }

    @Test
    void aBatchInAnyChunkIsFoundByEachOfItsOffsets() {
        LogInfo a = create("a");
        for (int i = 0; i < 1000; i++) {
            lsn += i % 300;
            append(5000 + i, item(a, 1 + i % 5));
        }
        List<BatchLocation> all = index.locate(a.id(), 0, Integer.MAX_VALUE);

        assertThat(all).hasSize(1000);
        for (BatchLocation batch : all) {
            for (long offset = batch.baseOffset(); offset < batch.endOffset(); offset++) {
                assertThat(index.locate(a.id(), offset, 1)).containsExactly(batch);
            }
        }
    }

    @Test
    void trimMovesTheStartAndWhatTheLogNeeds() {
        LogInfo a = create("a");
        for (int i = 0; i < 200; i++) {
            append(5000, item(a, 2));
        }
        long first = index.locate(a.id(), 0, 1).getFirst().lsn();
        assertThat(index.neededLsn()).isEqualTo(first);

        apply(new Command.Trim("a", Command.ANY_LOG, 101));

        assertThat(index.describe("a").orElseThrow().startOffset()).isEqualTo(101);
        assertThat(index.neededLsn()).isEqualTo(first + 50);
        assertThat(index.locate(a.id(), 0, 1).getFirst().baseOffset()).isEqualTo(100);
        assertThat(reason(apply(new Command.Trim("a", Command.ANY_LOG, 401)))).isEqualTo(Reason.OFFSET_BEYOND_END);

        apply(new Command.Trim("a", Command.ANY_LOG, 400));
        assertThat(index.neededLsn()).isEqualTo(LogIndex.NEEDS_NONE);
        assertThat(append(5000, item(a, 1))).containsExactly(new Appended(400, 401, 5000, false));
    }

    @Test
    void theLogThatNeedsTheOldestRecordPinsTheRest() {
        LogInfo a = create("a");
        LogInfo b = create("b");
        append(5000, item(a, 1));
        long second = lsn;
        append(5000, item(b, 1));

        apply(new Command.Delete("a", Command.ANY_LOG));

        assertThat(index.neededLsn()).isEqualTo(second);
        assertThat(index.describe("a")).isEmpty();
        assertThat(append(5000, item(a, 1)).getFirst()).isInstanceOf(NotAppended.class);
    }

    @Test
    void aLogCreatedAgainHasANewIdAndBeginsAtZero() {
        LogInfo a = create("a");
        append(5000, item(a, 5));
        apply(new Command.Delete("a", Command.ANY_LOG));

        LogInfo again = create("a");

        assertThat(again.id()).isNotEqualTo(a.id());
        assertThat(again.endOffset()).isZero();
    }

    @Test
    void aSealedLogTakesNoMoreButIsRead() {
        LogInfo a = create("a");
        append(5000, item(a, 1));
        apply(new Command.Seal("a", Command.ANY_LOG));

        AppendOutcome outcome = append(5000, item(a, 1)).getFirst();

        assertThat(((NotAppended) outcome).rejection().reason()).isEqualTo(Reason.LOG_SEALED);
        assertThat(index.locate(a.id(), 0, 10)).hasSize(1);
    }

    @Test
    void aRetryGetsTheOffsetsOfTheFirstTimeAlsoWhenTheLogIsSealedMeanwhile() {
        LogInfo a = create("a");
        append(5000, item(a, 2, 7, 0, 0));
        append(6000, item(a, 3, 7, 0, 2));
        apply(new Command.Seal("a", Command.ANY_LOG));

        assertThat(append(9000, item(a, 2, 7, 0, 0))).containsExactly(new Appended(0, 2, 5000, true));
        assertThat(append(9000, item(a, 3, 7, 0, 2))).containsExactly(new Appended(2, 5, 6000, true));
    }

    @Test
    void aGapInTheSequenceIsRefusedSoThatNothingOvertakes() {
        LogInfo a = create("a");
        append(5000, item(a, 2, 7, 0, 0));

        NotAppended refused = (NotAppended) append(5000, item(a, 1, 7, 0, 3)).getFirst();

        assertThat(refused.rejection().reason()).isEqualTo(Reason.OUT_OF_SEQUENCE);
        assertThat(refused.rejection().expected()).isEqualTo(2);
        assertThat(index.describe("a").orElseThrow().endOffset()).isEqualTo(2);
    }

    @Test
    void anOlderEpochIsFencedAndANewOneBeginsAtZero() {
        LogInfo a = create("a");
        append(5000, item(a, 2, 7, 0, 0));
        assertThat(append(5000, item(a, 1, 7, 1, 0))).containsExactly(new Appended(2, 3, 5000, false));

        NotAppended fenced = (NotAppended) append(5000, item(a, 1, 7, 0, 2)).getFirst();

        assertThat(fenced.rejection().reason()).isEqualTo(Reason.FENCED);
        assertThat(fenced.rejection().expected()).isEqualTo(1);
    }

    @Test
    void epochsAreUnsigned() {
        LogInfo a = create("a");
        append(5000, item(a, 2, 7, Integer.MAX_VALUE, 0));
        assertThat(append(5000, item(a, 1, 7, Integer.MIN_VALUE, 0))).containsExactly(new Appended(2, 3, 5000, false));
        assertThat(append(5000, item(a, 1, 7, -1, 0))).containsExactly(new Appended(3, 4, 5000, false));

        NotAppended fenced =
                (NotAppended) append(5000, item(a, 1, 7, Integer.MAX_VALUE, 2)).getFirst();

        assertThat(fenced.rejection().reason()).isEqualTo(Reason.FENCED);
        assertThat(fenced.rejection().expected()).isEqualTo(0xFFFF_FFFFL);
        assertThat(fenced.rejection().message()).contains("epoch 4294967295", "epoch 2147483647");
    }

    @Test
    void aChangeThatNamesALogByItsIdLeavesALaterOneOfTheSameNameAlone() {
        LogInfo old = create("a");
        assertThat(apply(new Command.Delete("a", old.id()))).isInstanceOf(Result.Done.class);
        LogInfo current = create("a");
        append(5000, item(current, 3));

        for (Command late : List.of(
                new Command.Delete("a", old.id()),
                new Command.Seal("a", old.id()),
                new Command.Trim("a", old.id(), 2))) {
            assertThat(reason(apply(late))).isEqualTo(Reason.LOG_NOT_FOUND);
        }
        assertThat(index.describe("a")).contains(new LogInfo(current.id(), "a", 0, 3, false, 1000, 5000));

        assertThat(apply(new Command.Trim("a", current.id(), 2))).isInstanceOf(Result.Done.class);
        assertThat(apply(new Command.Seal("a", current.id()))).isInstanceOf(Result.Done.class);
        assertThat(index.describe("a")).contains(new LogInfo(current.id(), "a", 2, 3, true, 1000, 5000));
    }

    @Test
    void aRetryOlderThanTheWindowIsRefusedNotAppendedAgain() {
        LogInfo a = create("a");
        for (int i = 0; i <= Producer.WINDOW; i++) {
            append(5000, item(a, 1, 7, 0, i));
        }

        assertThat(append(5000, item(a, 1, 7, 0, 1))).containsExactly(new Appended(1, 2, 5000, true));
        assertThat(((NotAppended) append(5000, item(a, 1, 7, 0, 0)).getFirst())
                        .rejection()
                        .reason())
                .isEqualTo(Reason.OUT_OF_SEQUENCE);
    }

    @Test
    void ofTooManyProducersTheOneThatAppendedLongestAgoIsForgotten() {
        LogInfo a = create("a");
        for (int i = 1; i <= Producers.MOST + 1; i++) {
            append(5000, item(a, 1, i, 0, 0));
        }

        assertThat(append(5000, item(a, 1, 2, 0, 0)).getFirst()).isEqualTo(new Appended(1, 2, 5000, true));
        assertThat(append(5000, item(a, 1, 1, 0, 0)).getFirst())
                .isEqualTo(new Appended(Producers.MOST + 1, Producers.MOST + 2, 5000, false));
    }

    @Test
    void logsAreListedByPrefixAndPage() {
        for (String name : List.of("b/2", "a", "b/1", "b/3", "c")) {
            create(name);
        }

        assertThat(index.list("b/", "", 2)).extracting(LogInfo::name).containsExactly("b/1", "b/2");
        assertThat(index.list("b/", "b/2", 2)).extracting(LogInfo::name).containsExactly("b/3");
        assertThat(index.list("", "b/3", 10)).extracting(LogInfo::name).containsExactly("c");
    }

    @Test
    void anImageIsTheStateAndEqualStatesHaveEqualImages() throws Exception {
        LogInfo a = create("a");
        create("empty");
        for (int i = 0; i < 300; i++) {
            append(
                    5000 + i,
                    item(a, 1 + i % 3, 7, 0, index.describe("a").orElseThrow().endOffset()));
        }
        apply(new Command.Trim("a", Command.ANY_LOG, 77));
        apply(new Command.Seal("empty", Command.ANY_LOG));
        byte[] image = save(index);

        LogIndex loaded = LogIndex.load(new ByteArrayInputStream(image));

        assertThat(save(loaded)).isEqualTo(image);
        assertThat(loaded.neededLsn()).isEqualTo(index.neededLsn());
        assertThat(loaded.locate(a.id(), 0, Integer.MAX_VALUE)).isEqualTo(index.locate(a.id(), 0, Integer.MAX_VALUE));
        ByteBuffer next = new Command.Append(
                        9000,
                        List.of(item(
                                a, 2, 7, 0, index.describe("a").orElseThrow().endOffset())))
                .encode();
        assertThat(loaded.apply(lsn, next)).isEqualTo(index.apply(lsn, next));
        assertThat(save(loaded)).isEqualTo(save(index));
    }

    @Test
    void everyFlippedBitAndEveryCutOfAnImageIsFound() throws Exception {
        LogInfo a = create("a");
        append(5000, item(a, 1, 7, 0, 0));
        append(5001, item(a, 2, 7, 0, 1));
        byte[] image = save(index);

        for (int bit = 0; bit < image.length * Byte.SIZE; bit++) {
            byte[] damaged = image.clone();
            damaged[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            assertThatThrownBy(() -> LogIndex.load(new ByteArrayInputStream(damaged)))
                    .as("bit " + bit)
                    .isInstanceOf(MalformedException.class);
        }
        for (int length = 0; length < image.length; length++) {
            byte[] cut = Arrays.copyOf(image, length);
            assertThatThrownBy(() -> LogIndex.load(new ByteArrayInputStream(cut)))
                    .as("cut at " + length)
                    .isInstanceOf(MalformedException.class);
        }
    }

    /** Damage is met before the checksum: who reads must be able to go on with an older image. */
    @Test
    void anImageWithTwoLogsOfOneNameOrIdIsMalformed() throws Exception {
        LogIndex index = new LogIndex();
        for (String name : List.of("one/b", "one/c", "one/d")) {
            index.apply(1, new Command.Create(5, name).encode());
        }
        byte[] image = save(index);
        for (int bit = 0; bit < 8 * image.length; bit++) {
            byte[] damaged = image.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> LogIndex.load(new ByteArrayInputStream(damaged)))
                    .as("bit %d", bit)
                    .isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void aLongNameIsRefusedInAResultThatCanBeSent() throws Exception {
        for (Command command : List.of(
                new Command.Delete("x".repeat(65_535), Command.ANY_LOG),
                new Command.Seal("\u0001".repeat(65_535), Command.ANY_LOG),
                new Command.Trim("x".repeat(65_535), Command.ANY_LOG, 0),
                new Command.Create(1, "x".repeat(65_535)))) {
            Result result = apply(command);
            assertThat(reason(result)).isEqualTo(Reason.INVALID_NAME);
            assertThat(Result.decode(result.encode())).isEqualTo(result);
        }
        assertThatThrownBy(() -> new Command.Delete("x".repeat(65_536), Command.ANY_LOG).encode())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void allThatWasInFlightWhenTheLogWasSealedIsRefusedAsSealed() {
        LogInfo a = create("a");
        append(5000, item(a, 1, 7, 0, 0));
        apply(new Command.Seal("a", Command.ANY_LOG));

        for (int sequence = 1; sequence < 4; sequence++) {
            NotAppended refused =
                    (NotAppended) append(5000, item(a, 1, 7, 0, sequence)).getFirst();
            assertThat(refused.rejection().reason()).isEqualTo(Reason.LOG_SEALED);
        }
    }

    @Test
    void theImageHasTheBytesOfTheFormat() throws Exception {
        LogInfo a = create("a");
        create("b/c");
        append(5000, item(a, 1, 7, 0, 0));
        append(5001, item(a, 2, 7, 1, 0), item(a, 300, 0, 0, 0));
        apply(new Command.Trim("a", Command.ANY_LOG, 1));
        apply(new Command.Seal("b/c", Command.ANY_LOG));
        apply(new Command.Alter("b/c", Command.ANY_LOG, new LogSettings(1000, 0, 1280, 0)));
        apply(new Command.Fence("b/c", Command.ANY_LOG, 5));
        apply(new Command.CommitCursor("b/c", Command.ANY_LOG, "r", 0));

        assertThat(HexFormat.of().formatHex(save(index))).isEqualTo(GOLDEN_IMAGE);
        assertThat(save(load(GOLDEN_IMAGE))).isEqualTo(save(index));
    }

    @Test
    void anImageOfVersion1IsReadAndKnowsNoBytes() throws Exception {
        LogIndex old = load(OLD_IMAGE);

        assertThat(old.describe("a")).contains(new LogInfo(1, "a", 1, 303, false, 1000, 5001));
        assertThat(old.locate(1, 3, 1)).containsExactly(new BatchLocation(3, 1, 3, 300, 5001, 0));
        assertThat(old.details("a").orElseThrow().bytes()).isZero();
        assertThat(old.describe("b/c").orElseThrow().sealed()).isTrue();
    }

    @Test
    void anAppendToSeveralLogsThatIsAllOrNoneIsKeptOutByOneOfThem() {
        LogInfo a = create("a");
        LogInfo b = create("b");
        append(5000, item(b, 1));
        AppendItem late = new AppendItem(b.id(), 0, 0, 0, 1, 42, ByteBuffer.allocate(1), 0, Command.NO_EPOCH);

        Result refused = apply(new Command.Append(5000, List.of(item(a, 2), late), true));

        assertThat(((Result.Appends) refused).outcomes())
                .extracting(outcome -> ((NotAppended) outcome).rejection().reason())
                .containsExactly(Reason.ABORTED, Reason.OFFSET_MISMATCH);
        assertThat(index.describe("a").orElseThrow().endOffset()).isZero();
    }

    /** No store makes such a command any more; one in the log of an older store must come to what its writer was told. */
    @Test
    void anAppendOfAllOrNoneOfWhichNotAllHaveAProducerIsAppliedAsItEverWas() {
        LogInfo a = create("a");
        LogInfo b = create("b");
        Command mixed = new Command.Append(5000, List.of(item(a, 2, 7, 0, 0), item(b, 3)), true);

        assertThat(((Result.Appends) apply(mixed)).outcomes())
                .containsExactly(new Appended(0, 2, 5000, false), new Appended(0, 3, 5000, false));
        assertThat(((Result.Appends) apply(mixed)).outcomes())
                .containsExactly(new Appended(0, 2, 5000, true), new Appended(3, 6, 5000, false));
    }

    @Test
    void aWriterThatWasFencedAppendsNoMore() {
        LogInfo a = create("a");
        apply(new Command.Fence("a", Command.ANY_LOG, 3));

        for (long epoch : new long[] {Command.NO_EPOCH, 2}) {
            AppendItem item = new AppendItem(a.id(), 0, 0, 0, 1, 42, ByteBuffer.allocate(1), Command.ANY_OFFSET, epoch);
            NotAppended refused = (NotAppended) append(5000, item).getFirst();
            assertThat(refused.rejection().reason()).isEqualTo(Reason.FENCED);
            assertThat(refused.rejection().expected()).isEqualTo(3);
        }
        assertThat(reason(apply(new Command.Fence("a", Command.ANY_LOG, 2)))).isEqualTo(Reason.FENCED);
    }

    private static LogIndex load(String hex) throws Exception {
        return LogIndex.load(new ByteArrayInputStream(HexFormat.of().parseHex(hex)));
    }

    private static byte[] save(LogIndex index) throws Exception {
        ByteArrayOutputStream image = new ByteArrayOutputStream();
        index.save(image);
        return image.toByteArray();
    }

    private LogInfo create(String name) {
        return ((Result.Done) apply(new Command.Create(1000, name))).log();
    }

    private List<AppendOutcome> append(long timestampMs, AppendItem... items) {
        return ((Result.Appends) apply(new Command.Append(timestampMs, List.of(items)))).outcomes();
    }

    private Result apply(Command command) {
        return index.apply(lsn++, command.encode());
    }

    private static Reason reason(Result result) {
        return ((Result.Rejected) result).rejection().reason();
    }

    private static AppendItem item(LogInfo log, int count) {
        return item(log, count, 0, 0, 0);
    }

    private static AppendItem item(LogInfo log, int count, long producer, int epoch, long sequence) {
        return new AppendItem(log.id(), producer, epoch, sequence, count, 42, ByteBuffer.wrap(new byte[] {1, 2, 3}));
    }
}
