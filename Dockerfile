# One image for all services and the command-line tool; the arguments choose what it runs.

FROM maven:3.9.12-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/m2 \
    mvn -q -B -Dmaven.repo.local=/m2 -pl launcher -am package \
        -DskipTests -Djacoco.skip=true -Dspotless.check.skip=true

FROM eclipse-temurin:25-jre
LABEL org.opencontainers.image.title="llmd" \
      org.opencontainers.image.description="llm-d on the JVM: gateway, scheduler, config server, simulator, command line" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /src/launcher/target/llmd /opt/llmd
COPY LICENSE /opt/llmd/LICENSE
# A number, so that an orchestrator can see that it is not root. The process writes below /tmp only.
USER 65532:65532
ENV DJL_CACHE_DIR=/tmp/djl
WORKDIR /tmp
STOPSIGNAL SIGTERM
EXPOSE 8080 8081 8888 9080 9088 9090
ENTRYPOINT ["java", \
    "--enable-native-access=ALL-UNNAMED", \
    "--sun-misc-unsafe-memory-access=allow", \
    "-XX:+UseSerialGC", \
    "-XX:+UseCompactObjectHeaders", \
    "-XX:+UseTransparentHugePages", \
    "-XX:MaxRAMPercentage=60", \
    "-XX:+ExitOnOutOfMemoryError", \
    "-XX:+DisableAttachMechanism", \
    "-XX:-UsePerfData", \
    "-jar", "/opt/llmd/llmd.jar"]
CMD ["serve", "--roles", "gateway,scheduler"]
