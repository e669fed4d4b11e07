"""What several rooms' tests share: golden files, the shared data folder, small builders."""
