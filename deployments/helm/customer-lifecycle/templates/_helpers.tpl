{{- define "lifecycle.image" -}}
{{ required "image.repository" .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "lifecycle.pod" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "lifecycle.container" -}}
image: {{ include "lifecycle.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "lifecycle.environment" -}}
- {name: PREFECT_API_URL, value: {{ .Values.prefect.apiUrl | quote }}}
- {name: PREFECT_UI_URL, value: {{ .Values.prefect.uiUrl | quote }}}
- {name: PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK, value: {{ .Values.resultsBlock | quote }}}
- {name: PREFECT_WORKER_QUERY_SECONDS, value: "2"}
- {name: PREFECT_WORKER_PREFETCH_SECONDS, value: "0"}
- {name: PREFECT_FLOWS_HEARTBEAT_FREQUENCY, value: "30"}
- {name: LIFECYCLE_DATABASE_URL, value: "postgresql+asyncpg://postgres/lifecycle"} # says only that it is Postgres
- {name: LIFECYCLE_CONCURRENCY, value: {{ .Values.concurrency | quote }}}
- {name: LIFECYCLE_RECEIVER_URL, value: "http://{{ .Release.Name }}-receiver:8710"}
- name: PREFECT_API_AUTH_STRING
  valueFrom:
    secretKeyRef: {name: {{ .Values.secrets.login }}, key: PREFECT_API_AUTH_STRING}
{{- end }}

{{- define "lifecycle.scratch" -}}
- {name: tmp, emptyDir: {}}
- {name: home, emptyDir: {}}
{{- end }}

{{- define "lifecycle.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: home, mountPath: /var/lib/lifecycle}
{{- end }}
