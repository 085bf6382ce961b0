/** A pod as a controller makes it, about 3 KB once the server has filled it in. */
export function samplePod(name: string, namespace: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: {
        'app.kubernetes.io/name': 'web',
        'app.kubernetes.io/part-of': 'shop',
        'pod-template-hash': '7c5ddbdf54',
      },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9090' },
    },
    spec: podSpec(),
  };
}

export function sampleDeployment(name: string): object {
  const labels = { 'app.kubernetes.io/name': 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec() } },
  };
}

function podSpec(): object {
  const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 5 };
  return {
    containers: [
      {
        name: 'web',
        image: 'registry.example.com/shop/web:1.2.3',
        args: ['--listen=:8080', '--log-level=info'],
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'STAGE', value: 'production' },
        ],
        ports: [{ name: 'http', containerPort: 8080 }],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
        readinessProbe: probe,
        livenessProbe: probe,
        volumeMounts: [{ name: 'config', mountPath: '/etc/web' }],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'web' } }],
  };
}
