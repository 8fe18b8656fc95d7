package io.walnut.wal.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BatchCodecTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static BatchWriter sample() {
        return new BatchWriter()
                .put(utf8("k"), utf8("value"), List.of(new Header("h", utf8("x")), new Header("", utf8(""))), 300, 1)
                .delete(utf8("k"))
                .put(utf8("v"))
                .put(utf8(""), utf8(""));
    }

    /** The bytes as the package's picture, and a Protobuf encoder, has them. */
    @Test
    void theBytesAreThoseOfTheFormat() {
        assertThat(HexFormat.of().formatHex(bytes(sample())))
                .isEqualTo("0a19" + "0a016b" + "120576616c7565" + ("1a06" + "0a0168" + "120178") + "1a00" + "20ac02"
                        + "3001"
                        + "0a05" + "0a016b" + "2801"
                        + "0a03" + "120176"
                        + "0a02" + "0a00");
    }

    @Test
    void aRecordComesBackAsItWas() throws Exception {
        BatchView view = new BatchView().over(sample().bytes());

        assertThat(view.next()).isTrue();
        assertThat(view.key()).isEqualTo(ByteBuffer.wrap(utf8("k")));
        assertThat(view.value()).isEqualTo(ByteBuffer.wrap(utf8("value")));
        List<String> headers = new ArrayList<>();
        view.eachHeader((name, value) -> headers.add(name + "=" + StandardCharsets.UTF_8.decode(value)));
        assertThat(headers).containsExactly("h=x", "=");
        assertThat(view.timeMs(7)).isEqualTo(300);
        assertThat(view.isExpired(7, 300)).isFalse();
        assertThat(view.isExpired(7, 301)).isTrue();
        assertThat(view.deletes()).isFalse();

        assertThat(view.next()).isTrue();
        assertThat(view.deletes()).isTrue();
        assertThat(view.key()).isEqualTo(ByteBuffer.wrap(utf8("k")));
        assertThat(view.timeMs(7)).isEqualTo(7);

        assertThat(view.next()).isTrue();
        assertThat(view.hasKey()).isFalse();
        assertThat(view.next()).isTrue();
        assertThat(view.key()).isEqualTo(ByteBuffer.allocate(0));
        assertThat(view.next()).isFalse();
    }

    @Test
    void randomRecordsComeBackAsTheyWere() throws Exception {
        Random random = new Random(Long.getLong("walnut.seed", 20_261_121));
        BatchWriter writer = new BatchWriter();
        BatchView view = new BatchView();
        for (int round = 0; round < 500; round++) {
            writer.clear();
            List<Runnable> checks = new ArrayList<>();
            for (int i = random.nextInt(20); i >= 0; i--) {
                byte[] key = random.nextBoolean() ? null : new byte[random.nextInt(300)];
                byte[] value = new byte[random.nextInt(random.nextInt(5) == 0 ? 40_000 : 200)];
                random.nextBytes(value);
                long time = random.nextBoolean() ? BatchWriter.BATCH_TIME : random.nextLong() | 1;
                long ttl = random.nextBoolean() ? 0 : random.nextLong() >>> (1 + random.nextInt(60));
                if (key != null && random.nextInt(4) == 0) {
                    writer.delete(key, List.of(), time);
                    checks.add(() -> assertThat(view.deletes()).isTrue());
                    continue;
                }
                Header header = new Header("ü" + i, value);
                writer.put(key, value, List.of(header), time, ttl);
                checks.add(() -> {
                    assertThat(view.deletes()).isFalse();
                    assertThat(view.key()).isEqualTo(key == null ? null : ByteBuffer.wrap(key));
                    assertThat(view.value()).isEqualTo(ByteBuffer.wrap(value));
                    assertThat(view.timeMs(5)).isEqualTo(time == BatchWriter.BATCH_TIME ? 5 : time);
                    assertThat(view.timeToLiveMs()).isEqualTo(ttl);
                    view.eachHeader((name, bytes) -> {
                        assertThat(name).isEqualTo(header.name());
                        assertThat(bytes).isEqualTo(ByteBuffer.wrap(value));
                    });
                });
            }
            view.over(writer.bytes());
            for (Runnable check : checks) {
                assertThat(view.next()).isTrue();
                check.run();
            }
            assertThat(view.next()).isFalse();
            assertThat(writer.count()).isEqualTo(checks.size());
        }
    }

    @Test
    void fieldsOfALaterVersionAreSkipped() throws Exception {
        BatchView view = view("0a0f" + "3805" + "0a016b" + "4201ff" + "4d00000000" + "1200");

        assertThat(view.next()).isTrue();
        assertThat(view.key()).isEqualTo(ByteBuffer.wrap(utf8("k")));
        assertThat(view.next()).isFalse();
    }

    @Test
    void whatIsMalformedIsRefusedWithWhatAndWhere() {
        for (String bad : List.of(
                "0a", // no length
                "0a05" + "0a016b", // the record ends beyond the batch
                "0a03" + "0a026b", // the key ends beyond the record
                "0aff", // a number that is cut off
                "0a0b" + "20ffffffffffffffffff7f", // a time of 65 bits or more
                "0a02" + "0801", // a key that is a number
                "0a02" + "0200", // field 0
                "0a01" + "3b", // a group
                "0a02" + "2801", // a delete without a key
                "0a08" + "0a016b" + "120176" + "2801", // a delete with a value
                "0a05" + "1a03" + "0a01ff", // a name that is not UTF-8
                "0a0b" + "30ffffffffffffffffff01", // a time to live that is negative
                "0801")) { // a batch's field that is a number
            assertThatThrownBy(() -> {
                        BatchView view = view(bad);
                        while (view.next()) {}
                    })
                    .as(bad)
                    .isInstanceOf(MalformedRecordException.class)
                    .hasMessageContaining("at byte");
        }
    }

    /** A refusal or records, nothing else; and what is accepted can be read. */
    @Test
    void wildAndMutatedBytesAreRefusedOrRead() {
        long seed = Long.getLong("walnut.seed", 20_261_121);
        Random random = new Random(seed);
        BatchView view = new BatchView();
        byte[] good = bytes(sample());
        int refused = 0;
        int rounds = 200_000;
        for (int i = 0; i < rounds; i++) {
            byte[] bytes;
            if (random.nextBoolean()) {
                bytes = new byte[random.nextInt(40)];
                random.nextBytes(bytes);
                if (bytes.length > 1) {
                    bytes[0] = Fields.RECORD;
                    bytes[1] = (byte) (bytes.length - 2);
                }
            } else {
                bytes = Arrays.copyOf(good, 1 + random.nextInt(good.length));
                for (int flips = random.nextInt(3); flips >= 0; flips--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            try {
                view.over(ByteBuffer.wrap(bytes));
                while (view.next()) {
                    view.key();
                    view.value();
                    view.eachHeader((name, value) -> assertThat(name).isNotNull());
                    assertThat(view.size()).isLessThanOrEqualTo(bytes.length);
                }
            } catch (MalformedRecordException e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("step " + i + ": repeat with -Dwalnut.seed=" + seed, e);
            }
        }
        assertThat(refused).isBetween(rounds / 10, rounds - rounds / 100); // some of each
    }

    @Test
    void aTimeToLiveThatNeverEndsDoesNotEnd() throws Exception {
        BatchView view = new BatchView()
                .over(new BatchWriter()
                        .put(null, utf8("v"), List.of(), 10, Long.MAX_VALUE)
                        .bytes());
        assertThat(view.next()).isTrue();

        assertThat(view.isExpired(0, Long.MAX_VALUE)).isFalse();
    }

    private static BatchView view(String hex) {
        return new BatchView().over(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
    }

    private static byte[] bytes(BatchWriter writer) {
        byte[] bytes = new byte[writer.size()];
        writer.bytes().get(bytes);
        return bytes;
    }
}
