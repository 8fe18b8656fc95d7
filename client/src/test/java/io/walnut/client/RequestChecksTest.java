package io.walnut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client refuses by itself: no node listens at the address, so nothing here can have been sent. */
class RequestChecksTest {
    private final Walnut walnut = Walnut.builder()
            .endpoints("127.0.0.1:1")
            .deadline(Duration.ofMillis(300))
            .build();

    @AfterEach
    void close() {
        walnut.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../x", "a//b", "/a", "a/", ".", "a/../b", "sp ace", "umläut", "a\nb"})
    void aWrongNameIsRefusedByEveryCall(String name) {
        assertInvalid(() -> walnut.createLog(name));
        assertInvalid(() -> walnut.createLogIfAbsent(name));
        assertInvalid(() -> walnut.describe(name));
        assertInvalid(() -> walnut.seal(name));
        assertInvalid(() -> walnut.trim(name, 1));
        assertInvalid(() -> walnut.delete(name));
        assertInvalid(() -> walnut.append(name, Record.of(new byte[1])));
        assertInvalid(() -> walnut.appender(name));
        assertInvalid(() -> walnut.read(name, 0));
        assertInvalid(() -> walnut.tail(name, 0));
    }

    private static void assertInvalid(Runnable call) {
        assertThatThrownBy(call::run).isInstanceOf(WalnutException.InvalidRequest.class);
    }

    @Test
    void aNameOf64KiBIsRefusedWithAShortMessage() {
        assertThatThrownBy(() -> walnut.createLog("n".repeat(64 << 10)))
                .isInstanceOf(WalnutException.InvalidRequest.class)
                .hasMessageContaining("65536")
                .hasMessageContaining("255")
                .satisfies(failure -> assertThat(failure.getMessage()).hasSizeLessThan(200));
    }

    @Test
    @SuppressWarnings("NullAway") // what is forbidden is what is tried
    void nullIsRefusedAtOnceAndByName() {
        byte[] none = null;
        assertThatThrownBy(() -> Record.of(none))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("value");
        assertThatThrownBy(() -> Record.of(none, new byte[1]))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("key");
        assertThatThrownBy(() -> Walnut.connect(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("endpoints");
    }

    @Test
    void aRecordTellsItsSizesAndNotItsBytes() {
        assertThat(Record.of(new byte[2], new byte[3]))
                .hasToString("Record[key of 2 bytes, value of 3 bytes, 0 headers]");
        assertThat(Record.of(new byte[3])).hasToString("Record[no key, value of 3 bytes, 0 headers]");
    }

    @Test
    void aDeadlineWithoutEndIsTaken() {
        try (FakeCluster cluster = new FakeCluster(1);
                Walnut patient = cluster.client()
                        .deadline(Duration.ofSeconds(Long.MAX_VALUE))
                        .build()) {
            assertThat(patient.list()).isEmpty();
            patient.createLog("log");
            assertThat(patient.append("log", Record.of(new byte[1])).firstOffset())
                    .isZero();
            try (LogReader reader = patient.read("log", 0)) {
                assertThat(reader.poll(Duration.ofSeconds(Long.MAX_VALUE))).isNotNull();
            }
        }
    }

    @Test
    void goodNamesPass() {
        for (String name : new String[] {"a", "orders", "a/b/c", "A-1_2.3", "..a", "n".repeat(255)}) {
            assertThat(LogNames.check(name)).isEqualTo(name);
        }
    }

    @Test
    void whatNoClusterTakesIsRefusedAndTheAppenderGoesOn() {
        byte[] large = new byte[BatchEncoder.MAX_BYTES];
        assertThatThrownBy(() -> walnut.append("log", Record.of(large)))
                .isInstanceOf(WalnutException.RecordTooLarge.class)
                .hasMessageContaining("16777216");
        byte[] half = new byte[BatchEncoder.MAX_BYTES / 2];
        assertThatThrownBy(() -> walnut.append("log", Record.of(half), Record.of(half)))
                .isInstanceOf(WalnutException.RecordTooLarge.class)
                .hasMessageContaining("several batches");
        Appender appender = walnut.appender("log");
        assertThatThrownBy(() -> appender.add(large)).isInstanceOf(WalnutException.RecordTooLarge.class);
        appender.add(new byte[1]);
        appender.abort();
    }

    @Test
    void theTwinOfACallFailsAsTheCallDoes() {
        assertThatThrownBy(() -> walnut.describeAsync("log").join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        WalnutException.Unavailable.class,
                        failure -> assertThat(failure.mayHaveBeenApplied()).isFalse());
    }
}
