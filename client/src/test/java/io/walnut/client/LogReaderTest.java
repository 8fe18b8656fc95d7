package io.walnut.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogReaderTest {
    private final FakeCluster cluster = new FakeCluster(3);
    private final Walnut client =
            cluster.client().deadline(Duration.ofSeconds(10)).build();

    @BeforeEach
    void create() {
        client.createLog("log");
    }

    @AfterEach
    void close() {
        client.close();
        cluster.close();
    }

    private void append(int from, int to) {
        for (int i = from; i < to; i += 2) {
            client.append("log", Record.of(("r" + i).getBytes(UTF_8)), Record.of(("r" + (i + 1)).getBytes(UTF_8)));
        }
    }

    private static List<Long> offsets(LogReader reader) {
        List<Long> offsets = new ArrayList<>();
        for (StoredRecord record : reader) {
            assertThat(new String(record.value(), UTF_8)).isEqualTo("r" + record.offset());
            offsets.add(record.offset());
        }
        return offsets;
    }

    @Test
    void aReadBeginsAndEndsInTheMiddleOfABatch() {
        append(0, 10);
        try (LogReader reader = client.read("log", ReadOptions.from(3).max(4))) {
            assertThat(offsets(reader)).containsExactly(3L, 4L, 5L, 6L);
            assertThat(reader.isAtEnd()).isTrue();
        }
        try (LogReader atEnd = client.read("log", 10)) {
            assertThat(offsets(atEnd)).isEmpty();
        }
    }

    @Test
    void offsetsOutsideTheLogAreRefusedWithItsBounds() {
        append(0, 10);
        client.trim("log", 4);
        assertThatThrownBy(() -> client.read("log", 3).next())
                .isInstanceOfSatisfying(
                        WalnutException.OffsetTrimmed.class,
                        failure -> assertThat(failure.startOffset()).isEqualTo(4));
        assertThatThrownBy(() -> client.read("log", 11).next())
                .isInstanceOfSatisfying(
                        WalnutException.OffsetBeyondEnd.class,
                        failure -> assertThat(failure.endOffset()).isEqualTo(10));
        assertThatThrownBy(() -> client.tail("log", 11).next()).isInstanceOf(WalnutException.OffsetBeyondEnd.class);
        assertThatThrownBy(() -> client.read("none", 0).next()).isInstanceOf(WalnutException.LogNotFound.class);
    }

    @Test
    void aDamagedBatchIsReadFromAnotherNode() {
        append(0, 10);
        cluster.readDamage.put("n1:7420", batch -> batch.getBaseOffset() == 4 ? FakeCluster.damaged(batch) : batch);
        try (LogReader reader = client.read("log", 0)) {
            assertThat(offsets(reader)).hasSize(10);
        }
    }

    @Test
    void aDamagedBatchIsNeverHandedOut() {
        append(0, 10);
        for (String node : List.of("n1:7420", "n2:7420", "n3:7420")) {
            cluster.readDamage.put(node, batch -> batch.getBaseOffset() == 4 ? FakeCluster.damaged(batch) : batch);
        }
        List<Long> seen = new ArrayList<>();
        try (LogReader reader = client.read("log", 0)) {
            assertThatThrownBy(() -> reader.forEach(record -> seen.add(record.offset())))
                    .isInstanceOf(WalnutException.ChecksumMismatch.class)
                    .hasMessageContaining("offset 4");
        }
        assertThat(seen).containsExactly(0L, 1L, 2L, 3L);
        try (LogReader pinned = client.read("log", ReadOptions.from(4).at("n2:7420"))) {
            assertThatThrownBy(pinned::next).isInstanceOf(WalnutException.ChecksumMismatch.class);
        }
    }

    @Test
    void aTailGetsEachNewRecordAndEndsWithTheSeal() {
        append(0, 4);
        try (LogReader tail = client.tail("log", 1)) {
            for (long offset = 1; offset < 4; offset++) {
                assertThat(tail.next()).extracting(StoredRecord::offset).isEqualTo(offset);
            }
            assertThat(tail.poll(Duration.ofMillis(20))).isNull();
            assertThat(tail.isAtEnd()).isFalse();
            append(4, 6);
            assertThat(tail.next()).extracting(StoredRecord::offset).isEqualTo(4L);
            assertThat(tail.next()).extracting(StoredRecord::offset).isEqualTo(5L);
            client.seal("log");
            assertThat(tail.next()).isNull();
            assertThat(tail.isAtEnd()).isTrue();
            assertThat(tail.endOffset()).isEqualTo(6);
        }
    }

    @Test
    void aTailGoesOnAtAnotherNodeWhenItsOwnDies() {
        append(0, 4);
        try (LogReader tail = client.tail("log", 0)) {
            assertThat(tail.next()).extracting(StoredRecord::offset).isEqualTo(0L);
            cluster.leader("n2:7420");
            cluster.kill("n1:7420");
            append(4, 10);
            for (long offset = 1; offset < 10; offset++) {
                assertThat(tail.next()).extracting(StoredRecord::offset).isEqualTo(offset);
            }
        }
    }

    @Test
    void aTailLeavesANodeThatIsCutOffAndAPinnedOneDoesNot() {
        append(0, 2);
        try (LogReader tail = client.tail("log", 0);
                LogReader pinned = client.tail("log", ReadOptions.from(0).at("n1:7420"))) {
            for (long offset = 0; offset < 2; offset++) {
                assertThat(tail.next()).extracting(StoredRecord::offset).isEqualTo(offset);
                assertThat(pinned.next()).extracting(StoredRecord::offset).isEqualTo(offset);
            }
            cluster.leader("n2:7420");
            cluster.cutOff("n1:7420");
            append(2, 6);
            for (long offset = 2; offset < 6; offset++) {
                assertThat(tail.poll(Duration.ofSeconds(10)))
                        .extracting(StoredRecord::offset)
                        .isEqualTo(offset);
            }
            assertThat(pinned.poll(Duration.ofMillis(20))).isNull();
        }
    }

    @Test
    void aNodeThatSaysNothingIsLeftHoweverShortTheWaitsAre() {
        append(0, 2);
        cluster.silence("n1:7420");
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        try (Walnut hasty = cluster.client().deadline(Duration.ofSeconds(3)).build();
                LogReader reader = hasty.read("log", 0);
                LogReader tail = hasty.tail("log", 1)) {
            StoredRecord read = null;
            StoredRecord tailed = null;
            while ((read == null || tailed == null) && System.nanoTime() < deadline) {
                read = read == null ? reader.poll(Duration.ofMillis(10)) : read;
                tailed = tailed == null ? tail.poll(Duration.ofMillis(10)) : tailed;
            }
            assertThat(read).extracting(StoredRecord::offset).isEqualTo(0L);
            assertThat(tailed).extracting(StoredRecord::offset).isEqualTo(1L);
        }
    }

    @Test
    void aReaderDoesNotGoOnInALaterLogOfTheSameName() {
        append(0, 2);
        try (LogReader tail = client.tail("log", 0)) {
            assertThat(tail.next()).extracting(StoredRecord::offset).isEqualTo(0L);
            assertThat(tail.next()).extracting(StoredRecord::offset).isEqualTo(1L);
            client.delete("log");
            client.createLog("log");
            append(0, 4);
            cluster.leader("n2:7420");
            cluster.kill("n1:7420");

            assertThatThrownBy(tail::next).isInstanceOf(WalnutException.LogNotFound.class);
        }
    }

    @Test
    void aPinnedTailStaysWhereItIs() {
        append(0, 2);
        try (LogReader tail = client.tail("log", ReadOptions.from(0).at("n3:7420"))) {
            cluster.kill("n1:7420");
            cluster.leader("n2:7420");
            append(2, 4);
            assertThat(tail.poll(Duration.ofSeconds(10)))
                    .extracting(StoredRecord::offset)
                    .isEqualTo(0L);
            cluster.kill("n3:7420");
            cluster.restart("n3:7420");
            for (long offset = 1; offset < 4; offset++) {
                assertThat(tail.next()).extracting(StoredRecord::offset).isEqualTo(offset);
            }
        }
    }

    @Test
    void aReaderWhoseClientIsClosedDoesNotLookAsIfItWereAtItsEnd() {
        append(0, 100);
        Walnut other = cluster.client().build();
        LogReader reader = other.read("log", 0);
        List<Long> seen = new ArrayList<>();
        assertThatThrownBy(() -> {
                    for (StoredRecord record : reader) {
                        seen.add(record.offset());
                        other.close();
                    }
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("this client is closed");
        assertThat(seen).isNotEmpty().hasSizeLessThan(100);
        reader.close();
        assertThat(reader.next()).isNull();
    }

    @Test
    void closingTheClientEndsAWaitingTailWithAFailure() throws Exception {
        Walnut other = cluster.client().build();
        LogReader tail = other.tail("log", 0);
        List<Throwable> ended = new ArrayList<>();
        Thread reader = new Thread(() -> ended.add(catchThrowable(tail::next)));
        reader.start();
        Await.until(() -> reader.getState() == Thread.State.TIMED_WAITING);
        other.close();
        reader.join();
        assertThat(ended).singleElement().isInstanceOf(IllegalStateException.class);
    }

    @Test
    void closingFromAnotherThreadEndsAWaitingTail() throws Exception {
        LogReader tail = client.tail("log", 0);
        List<Boolean> ended = new ArrayList<>();
        Thread reader = new Thread(() -> ended.add(tail.next() == null));
        reader.start();
        Await.until(() -> reader.getState() == Thread.State.TIMED_WAITING);
        tail.close();
        reader.join();
        assertThat(ended).containsExactly(true);
    }
}
