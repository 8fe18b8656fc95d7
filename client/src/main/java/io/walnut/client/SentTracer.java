package io.walnut.client;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/** Knows whether a call has left this client: what decides between "not applied" and "outcome unknown". */
final class SentTracer extends ClientStreamTracer.Factory {
    private volatile boolean sent;

    boolean sent() {
        return sent;
    }

    CallOptions on(CallOptions options) {
        return options.withStreamTracerFactory(this);
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
        return new ClientStreamTracer() {
            // Before anything is written; outboundHeaders comes after the write, and a connection may break between.
            @Override
            public void streamCreated(Attributes transport, Metadata mutableHeaders) {
                sent = true;
            }
        };
    }
}
