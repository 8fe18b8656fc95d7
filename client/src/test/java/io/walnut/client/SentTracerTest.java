package io.walnut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import org.junit.jupiter.api.Test;

class SentTracerTest {
    @Test
    void aCallCountsAsSentBeforeItsFirstByteIsWritten() {
        SentTracer tracer = new SentTracer();
        ClientStreamTracer stream = tracer.newClientStreamTracer(
                ClientStreamTracer.StreamInfo.newBuilder().build(), new Metadata());
        assertThat(tracer.sent()).isFalse();

        stream.streamCreated(Attributes.EMPTY, new Metadata());
        assertThat(tracer.sent()).isTrue();
    }
}
