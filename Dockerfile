# The version of Go is the one that go.mod names.
FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /leadhub ./cmd/leadhub

FROM alpine:3.22
# tzdata: lead numbers and daily figures go by the hub's time zone.
RUN apk add --no-cache ca-certificates tzdata \
 && adduser -D -H -u 10001 leadhub \
 && install -d -o leadhub -g leadhub -m 0700 /data
COPY --from=build /leadhub /usr/local/bin/leadhub
USER leadhub
VOLUME /data
EXPOSE 8080
ENV LEADHUB_DATA=/data LEADHUB_LISTEN=0.0.0.0:8080 LEADHUB_LOG_FORMAT=json
# Ready means: it accepts. 200 also while the broker or the database is away and the spool takes over.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD wget -q -O /dev/null http://127.0.0.1:8080/readyz || exit 1
ENTRYPOINT ["leadhub"]
CMD ["serve"]
