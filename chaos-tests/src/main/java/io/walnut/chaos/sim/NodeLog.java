package io.walnut.chaos.sim;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.FileAppender;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** What all nodes of this process say, in a file instead of where it went before; there again after {@link #close}. */
final class NodeLog implements AutoCloseable {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSX, UTC} %-5level [%thread] %logger{0} %msg%n";

    private final Logger root;
    private final FileAppender<ILoggingEvent> file = new FileAppender<>();
    private final List<Appender<ILoggingEvent>> before = new ArrayList<>();

    NodeLog(Path path) {
        // gRPC and Netty log through java.util.logging.
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.iteratorForAppenders().forEachRemaining(before::add);
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        file.setContext(context);
        file.setFile(path.toString());
        file.setEncoder(encoder);
        file.start();
        root.addAppender(file);
        before.forEach(root::detachAppender);
    }

    @Override
    public void close() {
        before.forEach(root::addAppender);
        root.detachAppender(file);
        file.stop();
        SLF4JBridgeHandler.uninstall();
    }
}
