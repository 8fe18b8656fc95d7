package io.walnut.chaos.cluster;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A cluster that there is not: says what could be done to one of its kind, so that faults can be asked whether they could hit it. */
public record Outline(Backend backend, int size) implements Cluster {
    @Override
    public String kind() {
        return backend.name();
    }

    @Override
    public List<Node> nodes() {
        return IntStream.rangeClosed(1, size)
                .mapToObj(number -> new Node("n" + number, ""))
                .toList();
    }

    @Override
    public <A> Optional<A> ability(Class<A> ability) {
        if (!backend.abilities().contains(ability)) {
            return Optional.empty();
        }
        return Optional.of(ability.cast(Proxy.newProxyInstance(
                ability.getClassLoader(), new Class<?>[] {ability}, (proxy, method, arguments) -> {
                    if (method.getName().equals("can")) {
                        return backend.abilities().contains((Class<?>) arguments[0]);
                    }
                    throw new UnsupportedOperationException("no cluster has been made");
                })));
    }

    @Override
    public void start(Node node) throws IOException {
        throw new IOException("no cluster has been made");
    }

    @Override
    public void awaitReady(Duration timeout) throws IOException {
        throw new IOException("no cluster has been made");
    }

    @Override
    public void close() {}
}
