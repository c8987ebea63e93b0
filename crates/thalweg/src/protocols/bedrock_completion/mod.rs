//! Bedrock `InvokeModelWithResponseStream`: text completions in the models' own forms.
