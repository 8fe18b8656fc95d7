package io.walnut.wal.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Result.Reason;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CommandTest {
    private static final Command.Append APPEND = new Command.Append(
            1_700_000_000_000L,
            List.of(
                    new AppendItem(1, 0, 0, 0, 1, 0x11223344, ByteBuffer.wrap(new byte[] {1})),
                    new AppendItem(2, 0xABCDEFL, 3, 4, 5, -1, ByteBuffer.wrap(new byte[] {7, 8, 9}))));
    private static final List<Command> ALL = List.of(
            new Command.Create(5, "a/b"),
            new Command.Seal("a/b", Command.ANY_LOG),
            new Command.Trim("a/b", Command.ANY_LOG, 77),
            new Command.Delete("a/b", Command.ANY_LOG),
            new Command.Seal("a/b", 300),
            new Command.Trim("a/b", -1, 77),
            new Command.Delete("a/b", 1),
            new Command.Create(5, "a/b", new LogSettings(1, 2, 3, 4)),
            new Command.Alter("a/b", 300, new LogSettings(1, 2, 3, 4)),
            new Command.Fence("a/b", 300, 7),
            new Command.CommitCursor("a/b", 300, "reader", 77),
            new Command.Append(6, APPEND.items(), true),
            new Command.Append(
                    6, List.of(new AppendItem(1, 0, 0, 0, 1, 2, ByteBuffer.wrap(new byte[] {1}), 77, 3)), false),
            APPEND);

    @Test
    void everyCommandComesBackAsItWas() throws Exception {
        for (Command command : ALL) {
            assertThat(Command.decode(command.encode())).isEqualTo(command);
        }
    }

    @Test
    void theBytesAreThoseOfTheFormat() {
        assertThat(HexFormat.of()
                        .formatHex(new Command.Trim("a/b", Command.ANY_LOG, 77)
                                .encode()
                                .array()))
                .isEqualTo("010300000000000000004d000000000000000300612f62");
        assertThat(HexFormat.of()
                        .formatHex(new Command.Trim("a/b", 300, 77).encode().array()))
                .isEqualTo("01032c010000000000004d000000000000000300612f62");
        assertThat(HexFormat.of()
                        .formatHex(new Command.Seal("a/b", 300).encode().array()))
                .isEqualTo("01022c010000000000000300612f62");
        assertThat(HexFormat.of()
                        .formatHex(new Command.Delete("a/b", 300).encode().array()))
                .isEqualTo("01042c010000000000000300612f62");
        String settings = "0100000000000000" + "0200000000000000" + "0300000000000000" + "0400000000000000";
        assertThat(hex(new Command.Create(5, "a/b", new LogSettings(1, 2, 3, 4))))
                .isEqualTo("0106" + "0500000000000000" + settings + "0300612f62");
        assertThat(hex(new Command.Alter("a/b", 300, new LogSettings(1, 2, 3, 4))))
                .isEqualTo("0108" + "2c01000000000000" + settings + "0300612f62");
        assertThat(hex(new Command.Fence("a/b", 300, 7)))
                .isEqualTo("0109" + "2c01000000000000" + "0700000000000000" + "0300612f62");
        assertThat(hex(new Command.CommitCursor("a/b", 300, "r", 77)))
                .isEqualTo("010a" + "2c01000000000000" + "4d00000000000000" + "0300612f62" + "010072");
        AppendItem item = new AppendItem(1, 0, 0, 0, 1, 0x11223344, ByteBuffer.wrap(new byte[] {1}), 77, 3);
        assertThat(hex(new Command.Append(6, List.of(item), true)))
                .isEqualTo("0107" + "0600000000000000" + "01" + "01000000"
                        + "4d00000000000000" + "0300000000000000"
                        + "0100000000000000" + "0000000000000000" + "00000000" + "0000000000000000" + "01000000"
                        + "44332211" + "01000000" + "01");
        assertThat(HexFormat.of().formatHex(APPEND.encode().array()))
                .isEqualTo("01050068e5cf8b010000" + "02000000"
                        + "0100000000000000" + "0000000000000000" + "00000000" + "0000000000000000" + "01000000"
                        + "44332211"
                        + "01000000" + "01"
                        + "0200000000000000" + "efcdab0000000000" + "03000000" + "0400000000000000" + "05000000"
                        + "ffffffff"
                        + "03000000" + "070809");
    }

    private static String hex(Command command) {
        return HexFormat.of().formatHex(command.encode().array());
    }

    @Test
    void anotherVersionOrKindIsMalformed() {
        for (String bad : List.of("0201", "0002", "0100", "010b")) {
            byte[] bytes = HexFormat.of().parseHex(bad + "2c01000000000000" + "0300612f62");
            assertThatThrownBy(() -> Command.decode(ByteBuffer.wrap(bytes))).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void everyCutIsMalformed() {
        for (Command command : ALL) {
            byte[] bytes = command.encode().array();
            for (int length = 0; length < bytes.length; length++) {
                ByteBuffer cut = ByteBuffer.wrap(bytes, 0, length);
                assertThatThrownBy(() -> Command.decode(cut)).isInstanceOf(MalformedException.class);
            }
        }
    }

    @Test
    void wildBytesAreRefusedAlikeAndChangeNothing() {
        long seed = Long.getLong("walnut.seed", 20261121);
        Random random = new Random(seed);
        LogIndex index = new LogIndex();
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = random.nextBoolean()
                    ? new byte[random.nextInt(80)]
                    : APPEND.encode().array();
            if (bytes.length < 80) {
                random.nextBytes(bytes);
                if (bytes.length > 1) {
                    bytes[0] = (byte) (1 + random.nextInt(2));
                    bytes[1] = (byte) random.nextInt(12);
                }
            } else {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Result result = index.apply(i, ByteBuffer.wrap(bytes));
            assertThat(result)
                    .as("repeat with -Dwalnut.seed=" + seed + ", step " + i)
                    .isNotNull();
            if (result instanceof Result.Rejected(Result.Rejection rejection)) {
                assertThat(rejection.reason()).isNotEqualTo(Reason.LOG_SEALED);
            }
        }
    }

    @Test
    void everyResultComesBackAsItWas() throws Exception {
        List<Result> results = List.of(
                new Result.Done(new LogInfo(1, "a", 2, 3, true, 4, 5)),
                new Result.Rejected(new Result.Rejection(Reason.FENCED, "why", 1, 2, 3)),
                new Result.Appends(List.of(
                        new Result.Appended(1, 2, 3, true),
                        new Result.NotAppended(new Result.Rejection(Reason.MALFORMED, "", 0, 0, 0)))));
        for (Result result : results) {
            assertThat(Result.decode(result.encode())).isEqualTo(result);
            byte[] bytes = result.encode().array();
            for (int length = 0; length < bytes.length; length++) {
                ByteBuffer cut = ByteBuffer.wrap(bytes, 0, length);
                assertThatThrownBy(() -> Result.decode(cut)).isInstanceOf(MalformedException.class);
            }
        }
    }
}
