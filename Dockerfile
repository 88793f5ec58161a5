# Postern in production: `postern serve`, as an unprivileged user who can write nowhere.
# Settings come from /etc/postern/postern.yaml and POSTERN_… variables, see config/postern.example.yaml.

FROM node:22-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY config ./config
COPY src ./src
RUN npm run build

FROM node:22-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:22-slim
ENV NODE_ENV=production
# A container is reached from outside; elsewhere these two listen on loopback.
ENV POSTERN_API_HOST=0.0.0.0 POSTERN_METRICS_HOST=0.0.0.0
WORKDIR /app
COPY --from=dependencies /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
# The migrations are SQL and read where they are.
COPY src/store/migrations ./src/store/migrations
# A number, as Kubernetes can't tell whether a name is root. It is the image's user "node", who owns nothing in /app.
USER 1000:1000
EXPOSE 6432 8080 9127
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.POSTERN_METRICS_PORT || 9127) + '/livez').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/cli/main.js", "serve", "--config", "/etc/postern/postern.yaml"]
