package io.walnut.chaos.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The Docker engine of this machine, by its command line, and the image built with it. */
final class DockerEngine {
    static final String IMAGE = "walnut:test";

    private static final long ANSWER_SECONDS = 20;
    private static final long BUILD_SECONDS = 600;

    private DockerEngine() {}

    /** What is missing for a test with containers, or empty when nothing is. Must run before Testcontainers is touched. */
    static Optional<String> missing() throws IOException, InterruptedException {
        Result version;
        try {
            version = run(ANSWER_SECONDS, List.of("docker", "version", "--format", "{{.Server.APIVersion}}"));
        } catch (IOException e) {
            return Optional.of("there is no docker command (" + e.getMessage()
                    + "); deploy/docker/ensure-engine.sh installs and starts an engine");
        }
        if (version.exitCode != 0) {
            return Optional.of("no Docker engine answers (" + version.output.strip()
                    + "); deploy/docker/ensure-engine.sh starts one");
        }
        if (!hasDistribution()) {
            return Optional.of(
                    "deploy/target holds no distribution to make the image from; `mvn verify` packs it first");
        }
        // Else Testcontainers asks for a version of the API that older engines refuse.
        System.setProperty("api.version", version.output.strip());
        return Optional.empty();
    }

    /** Builds {@link #IMAGE} from the distribution that the build has just packed. */
    static void buildImage() throws IOException, InterruptedException {
        Path script = deploy().resolve("docker/build-image.sh");
        Result build = run(BUILD_SECONDS, List.of(script.toString(), IMAGE));
        if (build.exitCode != 0) {
            throw new IOException(script + " failed:\n" + build.output);
        }
    }

    private static boolean hasDistribution() throws IOException {
        Path target = deploy().resolve("target");
        if (!Files.isDirectory(target)) {
            return false;
        }
        try (Stream<Path> files = Files.find(target, 4, (path, attributes) -> path.endsWith("bin/walnut"))) {
            return files.findAny().isPresent();
        }
    }

    private static Path deploy() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path deploy = at.resolve("deploy");
            if (Files.exists(deploy.resolve("docker/build-image.sh"))) {
                return deploy;
            }
        }
        throw new IllegalStateException("deploy/docker/build-image.sh is in no folder above "
                + Path.of("").toAbsolutePath());
    }

    private record Result(int exitCode, String output) {}

    private static Result run(long seconds, List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("walnut-docker-", ".log");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return new Result(-1, "no end after " + seconds + " s: " + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output));
        } finally {
            Files.delete(output);
        }
    }
}
