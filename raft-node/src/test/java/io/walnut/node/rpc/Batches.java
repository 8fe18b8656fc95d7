package io.walnut.node.rpc;

import com.google.protobuf.ByteString;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.Record;
import io.walnut.protocol.v1.RecordBatch;

/** Batches as clients make them. */
final class Batches {
    private Batches() {}

    static EncodedBatch of(String... values) {
        RecordBatch.Builder batch = RecordBatch.newBuilder();
        for (String value : values) {
            batch.addRecords(Record.newBuilder().setValue(ByteString.copyFromUtf8(value)));
        }
        return of(batch.build().toByteString(), values.length);
    }

    static EncodedBatch of(ByteString records, int count) {
        return EncodedBatch.newBuilder()
                .setRecords(records)
                .setCount(count)
                .setCrc32C(BatchCheck.crc32c(records))
                .build();
    }
}
