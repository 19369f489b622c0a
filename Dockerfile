# One image for all services and the command-line tool; the arguments choose what it runs.

FROM maven:3.9.12-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/m2 \
    mvn -q -B -Dmaven.repo.local=/m2 -pl launcher -am package \
        -DskipTests -Djacoco.skip=true -Dspotless.check.skip=true
# What changes seldom and what changes with every build, each in a layer of its own.
RUN mkdir -p /layers/libraries /layers/own/lib \
    && cp -p launcher/target/llmd/lib/* /layers/libraries/ \
    && for jar in */target/*-SNAPSHOT.jar; do \
           if [ -f "/layers/libraries/${jar##*/}" ]; then mv "/layers/libraries/${jar##*/}" /layers/own/lib/; fi; \
       done \
    && cp -p launcher/target/llmd/llmd.jar LICENSE /layers/own/

FROM eclipse-temurin:25-jre
LABEL org.opencontainers.image.title="llmd" \
      org.opencontainers.image.description="llm-d on the JVM: all services and the command line" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV DJL_CACHE_DIR=/tmp/djl
COPY --from=build /layers/libraries /opt/llmd/lib
COPY --from=build /layers/own /opt/llmd
# Services start in about half of the time with what one start of them has left behind. An image without it works, too.
COPY tools/image/train.sh /tmp/train.sh
RUN sh /tmp/train.sh /opt/llmd && rm -rf /tmp/*
# A number, so that an orchestrator can see that it is not root. The process writes below /tmp only.
USER 65532:65532
WORKDIR /tmp
STOPSIGNAL SIGTERM
EXPOSE 8000 8080 8081 8082 8083 8088 8888 9002 9003 9080 9082 9083 9084 9085 9086 9088 9090
ENTRYPOINT ["java", \
    "-XX:AOTCache=/opt/llmd/llmd.aot", \
    "--enable-native-access=ALL-UNNAMED", \
    "--sun-misc-unsafe-memory-access=allow", \
    "-XX:+UseSerialGC", \
    "-XX:+UseCompactObjectHeaders", \
    "-XX:+UseTransparentHugePages", \
    "-XX:TrimNativeHeapInterval=10000", \
    "-XX:MetaspaceSize=96m", \
    "-XX:MaxRAMPercentage=60", \
    "-XX:+ExitOnOutOfMemoryError", \
    "-XX:+DisableAttachMechanism", \
    "-XX:-UsePerfData", \
    "-jar", "/opt/llmd/llmd.jar"]
CMD ["serve", "--roles", "gateway,scheduler"]
