package io.walnut.wal.logs;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Result.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

/** Commands, results and images of named logs, from any bytes: taken for what they say, or refused by their type. */
@Tag("jazzer")
class LogsFuzzTest {
    private static final List<Command> COMMANDS = List.of(
            new Command.Create(5, "a/b"),
            new Command.Seal("a/b", 300),
            new Command.Trim("a/b", Command.ANY_LOG, 77),
            new Command.Delete("a/b", 1),
            new Command.Append(
                    1_700_000_000_000L,
                    List.of(
                            new AppendItem(1, 0, 0, 0, 1, 0x11223344, ByteBuffer.wrap(new byte[] {1})),
                            new AppendItem(1, 9, 3, 0, 2, -1, ByteBuffer.wrap(new byte[] {7, 8, 9})))));

    static Stream<byte[]> commands() {
        return COMMANDS.stream().map(command -> command.encode().array());
    }

    @MethodSource("commands")
    @FuzzTest
    void command(byte[] input) throws Exception {
        LogIndex index = new LogIndex();
        index.apply(1, new Command.Create(5, "a/b").encode());
        index.apply(2, ByteBuffer.wrap(input)); // never throws
        try {
            Command read = Command.decode(ByteBuffer.wrap(input));
            same(read, Command.decode(read.encode()));
        } catch (MalformedException e) {
            // typed
        }
    }

    static Stream<byte[]> results() {
        return Stream.of(
                        new Result.Done(new LogInfo(1, "a", 2, 3, true, 4, 5)),
                        new Result.Rejected(new Result.Rejection(Reason.FENCED, "why", 1, 2, 3)),
                        new Result.Appends(List.of(
                                new Result.Appended(1, 2, 3, true),
                                new Result.NotAppended(new Result.Rejection(Reason.MALFORMED, "", 0, 0, 0)))))
                .map(result -> result.encode().array());
    }

    @MethodSource("results")
    @FuzzTest
    void result(byte[] input) throws Exception {
        try {
            Result read = Result.decode(ByteBuffer.wrap(input));
            same(read, Result.decode(read.encode()));
        } catch (MalformedException e) {
            // typed
        }
    }

    static Stream<byte[]> images() throws Exception {
        LogIndex index = new LogIndex();
        byte[] empty = image(index);
        long lsn = 1;
        for (Command command : COMMANDS) {
            if (!(command instanceof Command.Delete)) {
                index.apply(lsn++, command.encode());
            }
        }
        return Stream.of(empty, image(index));
    }

    private static byte[] image(LogIndex index) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        index.save(bytes);
        return bytes.toByteArray();
    }

    @MethodSource("images")
    @FuzzTest
    void image(byte[] input) throws Exception {
        if (input.length < Integer.BYTES) {
            return;
        }
        CRC32C crc = new CRC32C();
        crc.update(input, 0, input.length - Integer.BYTES);
        byte[] mended = input.clone();
        ByteBuffer.wrap(mended).putInt(input.length - Integer.BYTES, (int) crc.getValue());
        try {
            byte[] saved = image(LogIndex.load(new ByteArrayInputStream(mended)));
            byte[] again = image(LogIndex.load(new ByteArrayInputStream(saved)));
            same(ByteBuffer.wrap(saved), ByteBuffer.wrap(again));
        } catch (MalformedException e) {
            // typed
        }
    }

    static Stream<byte[]> numbers() {
        return Stream.of(new byte[8], new byte[] {-1, -1, -1, -1, -1, -1, -1, 127, 0, 0, 0, 0, 0, 0, 0, 3});
    }

    @MethodSource("numbers")
    @FuzzTest
    void varint(byte[] input) {
        byte[] numbers = new byte[10 * (input.length / Long.BYTES)];
        ByteBuffer longs = ByteBuffer.wrap(input);
        int end = 0;
        while (longs.remaining() >= Long.BYTES) {
            long value = longs.getLong();
            int next = Varint.put(numbers, end, value);
            same(Varint.size(value), next - end);
            end = next;
        }
        var reader = new Varint.Reader(numbers, end);
        longs.rewind();
        while (longs.remaining() >= Long.BYTES) {
            same(longs.getLong(), reader.next());
        }
    }

    private static void same(Object first, Object second) {
        if (!first.equals(second)) {
            throw new AssertionError(first + " was written and read as " + second);
        }
    }
}
