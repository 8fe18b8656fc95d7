package io.walnut.node.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.protocol.v1.Record;
import io.walnut.protocol.v1.RecordBatch;
import io.walnut.wal.record.BatchView;
import io.walnut.wal.record.BatchWriter;
import io.walnut.wal.record.Header;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The record codec of wal-engine and Protobuf read each other. */
class RecordCodecTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void protobufReadsWhatTheCodecWrites() throws Exception {
        BatchWriter writer = new BatchWriter()
                .put(utf8("k"), utf8("v"), List.of(new Header("h", utf8("x")), new Header("", utf8(""))), 300, 5)
                .put(utf8(""))
                .delete(utf8("k"));

        RecordBatch batch = RecordBatch.parseFrom(writer.bytes());

        assertThat(batch.getRecordsCount()).isEqualTo(3);
        Record first = batch.getRecords(0);
        assertThat(first.getKey().toStringUtf8()).isEqualTo("k");
        assertThat(first.getValue().toStringUtf8()).isEqualTo("v");
        assertThat(first.getHeadersList()).hasSize(2);
        assertThat(first.getHeaders(0).getName()).isEqualTo("h");
        assertThat(batch.getRecords(1).hasKey()).isFalse();
        assertThat(batch.getRecords(2).getKey().toStringUtf8()).isEqualTo("k");
    }

    @Test
    void withoutWhatTheProtocolDoesNotKnowTheBytesAreTheSame() throws Exception {
        BatchWriter writer = new BatchWriter()
                .put(utf8("k"), utf8("v"), List.of(new Header("h", utf8("x"))), BatchWriter.BATCH_TIME, 0)
                .put(utf8("only a value"));

        byte[] bytes = new byte[writer.size()];
        writer.bytes().get(bytes);

        assertThat(RecordBatch.parseFrom(bytes).toByteArray()).isEqualTo(bytes);
        BatchView view = new BatchView().over(ByteBuffer.wrap(bytes));
        assertThat(view.next()).isTrue();
        assertThat(view.value()).isEqualTo(ByteBuffer.wrap(utf8("v")));
    }
}
