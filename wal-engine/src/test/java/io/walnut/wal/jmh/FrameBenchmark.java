package io.walnut.wal.jmh;

import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A frame in memory: encoded, verified, and what the checksum alone costs of that. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameBenchmark {
    /** Records of a frame x bytes of a record. */
    @Param({"1x64", "1x1024", "100x1024"})
    String frame = "1x64";

    private final CRC32C crc = new CRC32C();
    private ByteBuffer record = ByteBuffer.allocate(0);
    private ByteBuffer target = ByteBuffer.allocate(0);
    private int count;
    private int length;

    @Setup
    public void encodeOnce() {
        count = Integer.parseInt(frame.substring(0, frame.indexOf('x')));
        byte[] bytes = new byte[Integer.parseInt(frame.substring(frame.indexOf('x') + 1))];
        new SplittableRandom(1).nextBytes(bytes);
        record = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        int used = FrameFormat.HEADER_BYTES + count * (FrameFormat.RECORD_HEADER_BYTES + bytes.length);
        length = (used + FrameFormat.ALIGNMENT - 1) / FrameFormat.ALIGNMENT * FrameFormat.ALIGNMENT;
        target = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
        encode();
    }

    /** Records copied, headers and checksum written. */
    @Benchmark
    public ByteBuffer encode() {
        int size = record.remaining();
        FrameFormat.begin(target, 0, length, count * (FrameFormat.RECORD_HEADER_BYTES + size), 0, count);
        target.position(FrameFormat.HEADER_BYTES);
        for (int i = 0; i < count; i++) {
            FrameFormat.putRecordHeader(target, size, i);
            int at = target.position();
            target.put(at, record, 0, size);
            target.position(at + size);
        }
        FrameFormat.finish(target, 0, 0, 1, crc);
        return target;
    }

    /** What every read of it does. */
    @Benchmark
    public Object verify() throws InvalidBytesException {
        return FrameFormat.read(target, 0, length);
    }

    @Benchmark
    public long checksum() {
        crc.reset();
        crc.update(target.clear());
        return crc.getValue();
    }
}
