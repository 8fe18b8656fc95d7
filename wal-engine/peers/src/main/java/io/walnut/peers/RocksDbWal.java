package io.walnut.peers;

import io.walnut.wal.bench.Subject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** The write-ahead log of RocksDB: records are log data of a batch, which go into the log and nowhere else. */
public final class RocksDbWal implements Subject {
    private static final long WAL_BYTES = 64L << 20;

    static {
        RocksDB.loadLibrary();
    }

    @Override
    public String name() {
        return "rocksdb-wal";
    }

    @Override
    public String description() {
        return "RocksDB's WAL alone (log data of a WriteBatch), fdatasync before a write returns, logs of 64 MiB recycled,"
                + " writers grouped by RocksDB";
    }

    @Override
    public boolean supports(boolean durable) {
        return true;
    }

    @Override
    public Log open(Path directory, boolean durable, int writers) throws IOException {
        try {
            return new RocksLog(directory, durable);
        } catch (RocksDBException e) {
            throw new IOException("RocksDB: " + e.getMessage(), e);
        }
    }

    private static final class RocksLog implements Log {
        private final Options options = new Options();
        private final WriteOptions write = new WriteOptions();
        private final RocksDB db;
        private final List<WriteBatch> batches = new ArrayList<>();

        RocksLog(Path directory, boolean durable) throws RocksDBException {
            options.setCreateIfMissing(true)
                    .setUseFsync(false)
                    .setRecycleLogFileNum(4)
                    .setMaxTotalWalSize(WAL_BYTES)
                    .setWriteBufferSize(WAL_BYTES)
                    .setDisableAutoCompactions(true);
            write.setSync(durable);
            db = RocksDB.open(options, directory.toString());
        }

        @Override
        public Writer writer(ByteBuffer record, int count) {
            byte[] bytes = new byte[record.remaining()];
            record.get(record.position(), bytes);
            WriteBatch batch = new WriteBatch();
            batches.add(batch);
            return new RocksWriter(db, write, batch, bytes, count);
        }

        @Override
        public void close() {
            batches.forEach(WriteBatch::close);
            db.close();
            write.close();
            options.close();
        }
    }

    private static final class RocksWriter implements Writer {
        private static final byte[] KEY = {0};

        private final RocksDB db;
        private final WriteOptions write;
        private final WriteBatch batch;
        private final byte[] record;
        private final int count;

        RocksWriter(RocksDB db, WriteOptions write, WriteBatch batch, byte[] record, int count) {
            this.db = db;
            this.write = write;
            this.batch = batch;
            this.record = record;
            this.count = count;
        }

        @Override
        public void append() throws IOException {
            try {
                batch.clear();
                for (int i = 0; i < count; i++) {
                    batch.putLogData(record);
                }
                batch.delete(KEY); // a log that changes nothing is never switched, and so never recycled
                db.write(write, batch);
            } catch (RocksDBException e) {
                throw new IOException("RocksDB: " + e.getMessage(), e);
            }
        }

        @Override
        public void enqueue() throws IOException {
            append();
        }
    }
}
